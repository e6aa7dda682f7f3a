#include "core/study/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

namespace tightrope {

namespace {

volatile sig_atomic_t remembered = 0;

void remember(int number) {
  if (remembered != 0) _exit(128 + number);
  remembered = number;
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = remember;  // without SA_RESTART: waiting calls return, and their callers look
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaction(number, &action, nullptr);
}

int interrupted() { return remembered; }

}  // namespace tightrope
