// host/libpq.h -- what postgresql.c uses of PostgreSQL's libpq-fe.h, whose
// functions keep their signatures within libpq.so.5.
#ifndef NEAP_HOST_LIBPQ_H
#define NEAP_HOST_LIBPQ_H

#include <stddef.h>

#include "host/database.h"

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
typedef unsigned int Oid;

enum {
  STATUS_CONNECTED = 0,
  RESULT_COMMAND_OK = 1,
  RESULT_TUPLES_OK = 2,
  FIELD_SQLSTATE = 'C',
};

typedef struct neap_libpq {
  PGconn *(*connectdb)(const char *);
  void (*finish)(PGconn *);
  int (*status)(const PGconn *);
  char *(*errorMessage)(const PGconn *);
  PGresult *(*exec)(PGconn *, const char *);
  PGresult *(*prepare)(PGconn *, const char *, const char *, int, const Oid *);
  PGresult *(*execPrepared)(PGconn *, const char *, int, const char *const *,
                            const int *, const int *, int);
  int (*sendQueryPrepared)(PGconn *, const char *, int, const char *const *,
                           const int *, const int *, int);
  PGresult *(*getResult)(PGconn *);
  int (*resultStatus)(const PGresult *);
  char *(*resultErrorMessage)(const PGresult *);
  char *(*resultErrorField)(const PGresult *, int);
  int (*ntuples)(const PGresult *);
  int (*nfields)(const PGresult *);
  Oid (*ftype)(const PGresult *, int);
  int (*getisnull)(const PGresult *, int, int);
  char *(*getvalue)(const PGresult *, int, int);
  int (*getlength)(const PGresult *, int, int);
  char *(*cmdTuples)(PGresult *);
  void (*clear)(PGresult *);  // of NULL, too
  void *(*setNoticeProcessor)(PGconn *, void (*)(void *, const char *), void *);
} neap_libpq;

// What libpq has from PostgreSQL 14 on.
typedef struct neap_pipeline {
  int (*enterPipelineMode)(PGconn *);
  int (*exitPipelineMode)(PGconn *);
  int (*pipelineSync)(PGconn *);
} neap_pipeline;

#define LIBPQ(name) \
  { "PQ" #name, offsetof(neap_libpq, name) }
#define PIPELINE(name) \
  { "PQ" #name, offsetof(neap_pipeline, name) }

static const neap_symbol neap_libpq_symbols[] = {
    LIBPQ(connectdb),
    LIBPQ(finish),
    LIBPQ(status),
    LIBPQ(errorMessage),
    LIBPQ(exec),
    LIBPQ(prepare),
    LIBPQ(execPrepared),
    LIBPQ(sendQueryPrepared),
    LIBPQ(getResult),
    LIBPQ(resultStatus),
    LIBPQ(resultErrorMessage),
    LIBPQ(resultErrorField),
    LIBPQ(ntuples),
    LIBPQ(nfields),
    LIBPQ(ftype),
    LIBPQ(getisnull),
    LIBPQ(getvalue),
    LIBPQ(getlength),
    LIBPQ(cmdTuples),
    LIBPQ(clear),
    LIBPQ(setNoticeProcessor),
    {NULL, 0},
};

static const neap_symbol neap_pipeline_symbols[] = {
    PIPELINE(enterPipelineMode),
    PIPELINE(exitPipelineMode),
    PIPELINE(pipelineSync),
    {NULL, 0},
};

#endif
