// bind/loss_call.h -- a call of a loss from Lua, between its arguments and C.
#ifndef NEAP_BIND_LOSS_CALL_H
#define NEAP_BIND_LOSS_CALL_H

#include "bind/bind.h"

// The arguments of a call, checked, as C wants them.
typedef struct neap_prepared {
  const neap_bound_loss *bound;
  const neap_array *logits;
  const neap_loss *loss;
  neap_loss_call call;
} neap_prepared;

// Reads (loss, logits, targets [, weights [, columns]]) from the stack, whose
// weights and columns are at these indices. What it points to lives until the
// next call, or is on the stack.
void neap_prepare_call(lua_State *L, int weights, int columns,
                       neap_prepared *prepared);

// Evaluates it, or raises.
void neap_run_call(lua_State *L, const neap_prepared *p);

// The lua_CFunctions loss:curve and loss:share.
int neap_loss_curve(lua_State *L);
int neap_loss_share(lua_State *L);

#endif
