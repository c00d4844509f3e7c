// host/interrupt.c -- Ctrl-C: raised in a script, or noted for a study.
//
// Both handlers do only what a handler may: one writes a flag, the other calls
// lua_sethook, which Lua allows in one. SA_RESETHAND gives the signal back to
// the system as it comes, so the second Ctrl-C ends the process whatever the
// first one met.
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "host/host.h"

static lua_State *running;  // set before its handler is, read by it
static atomic_bool noted;   // lock-free, so that a handler may write it
static unsigned catch_depth;
static struct sigaction before_catch;

static void set_handler(void (*handler)(int), struct sigaction *before) {
  // SA_RESTART: other people's C modules need not know about our signals.
  struct sigaction action = {.sa_handler = handler,
                             .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, before);
}

static void raise_in_script(lua_State *L, lua_Debug *event) {
  (void)event;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "interrupted!");
}

// The script may be anywhere in Lua's code, where raising would break it. The
// hook raises at the next instruction or call, where it is safe.
static void on_interrupt_raise(int number) {
  (void)number;
  lua_sethook(running, raise_in_script,
              LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static void on_interrupt_note(int number) {
  (void)number;
  atomic_store(&noted, true);
}

void neap_interrupt_begin(lua_State *L) {
  running = L;
  set_handler(on_interrupt_raise, NULL);
}

void neap_interrupt_end(void) {
  set_handler(SIG_DFL, NULL);
  catch_depth = 0;
}

void neap_interrupt_catch(void) {
  if (catch_depth++ > 0)
    return;
  atomic_store(&noted, false);
  set_handler(on_interrupt_note, &before_catch);
}

void neap_interrupt_release(void) {
  if (catch_depth == 0 || --catch_depth > 0)
    return;
  sigaction(SIGINT, &before_catch, NULL);
}

bool neap_interrupt_noted(void) {
  return atomic_load(&noted);
}
