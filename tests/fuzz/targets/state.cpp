// The state of an interrupted run. What is read is written to the same bytes again.
#include "core/engine/encoding.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) {
  Iterate at;
  Memory memory;
  Counters counters;
  End end;
  Decoder decoder(bytes);
  decoder(at, memory, counters, end);
  decoder.finish();
  Encoder encoder;
  encoder(at, memory, counters, end);
  const std::string written = encoder.take();
  Decoder again(written);
  again(at, memory, counters, end);
  again.finish();
  Encoder once_more;
  once_more(at, memory, counters, end);
  if (once_more.take() != written) __builtin_trap();
}
