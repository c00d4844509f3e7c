// tests/project/consumer/main.c -- prints the focal loss at logit 0.
#include <neap.h>
#include <stdio.h>

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  const double x = 0, y = 1;
  double value = 0;
  const neap_loss_call call = {
      .rows = 1, .logits = &x, .targets = &y, .value = &value};
  const neap_loss *focal = neap_loss_find(engine, "focal");
  const neap_status status = neap_loss_evaluate(focal, &call, NULL);
  printf("%.10f\n", value);
  neap_free(engine);
  return status == NEAP_OK ? 0 : 1;
}
