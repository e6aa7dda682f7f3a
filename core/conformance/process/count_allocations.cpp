// Counts what the process that tries plugins asks of the memory allocator: a part of that program alone, whose malloc
// stands before that of the C library for everything that it loads.
#include <cerrno>
#include <cstddef>
#include <cstdint>

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

static thread_local std::uint64_t allocations = 0, bytes = 0;

static void note(std::size_t size) {
  ++allocations;
  bytes += size;
}

/// Of the calling thread.
void tightrope_allocations(std::uint64_t* count, std::uint64_t* size) {
  *count = allocations;
  *size = bytes;
}

void* malloc(std::size_t size) {
  note(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  note(count * size);
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  note(size);
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  void* const got = memalign(alignment, size);
  if (!got) return ENOMEM;
  *memory = got;
  return 0;
}

}  // extern "C"
