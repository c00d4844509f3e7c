// expr/graph.h -- what the files that work on graphs share.
#ifndef NEAP_EXPR_GRAPH_H
#define NEAP_EXPR_GRAPH_H

#include "expr/expr.h"

// Returns the one node of an operation on some arguments, as it stands.
neap_ref neap_intern(neap_graph *graph, neap_op op, const neap_ref *from);

// Returns a copy, which stays where it is when the graph grows.
static inline neap_node neap_node_at(const neap_graph *graph, neap_ref ref) {
  return graph->failed == NEAP_OK ? graph->nodes[ref] : (neap_node){0};
}

static inline bool neap_is_number(const neap_graph *graph, neap_ref ref,
                                  double number) {
  const neap_node node = neap_node_at(graph, ref);
  return node.op == NEAP_OP_NUMBER && node.number == number;
}

// Whether a node is a polynomial of inputs and uniform nodes, which functions
// are given in two parts, beyond the number type.
bool neap_has_parts(const neap_graph *graph, neap_ref ref);

static inline bool neap_is_input(const neap_graph *graph, neap_ref ref,
                                 int input) {
  const neap_node node = neap_node_at(graph, ref);
  return node.op == NEAP_OP_INPUT && node.number == input;
}

#endif
