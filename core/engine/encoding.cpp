#include "core/engine/encoding.hpp"

#include <bit>
#include <cstring>
#include <variant>

#include "core/base/error.hpp"

namespace tightrope {

static_assert(std::endian::native == std::endian::little, "checkpoints hold little-endian numbers, as memory does");

void throw_damaged_state() {
  throw Error(Exit::integrity, "the stored state of a run is damaged: its parts do not add up");
}

void Encoder::append(const void* data, std::size_t size) {
  if (size > 0) bytes_.append(static_cast<const char*>(data), size);
}
void Encoder::put_whole(std::uint64_t value) { append(&value, sizeof value); }
void Encoder::put(Real value) { append(&value, sizeof value); }
void Encoder::put(const std::string& text) {
  put_whole(text.size());
  append(text.data(), text.size());
}
void Encoder::put(const Mat& values) {
  put_whole(values.n_rows);
  put_whole(values.n_cols);
  append(values.memptr(), values.n_elem * sizeof(Real));
}
void Encoder::put(const std::vector<Real>& values) {
  put_whole(values.size());
  append(values.data(), values.size() * sizeof(Real));
}
void Encoder::put(const Memory& memory) {
  put_whole(memory.values().size());
  for (const auto& [name, value] : memory.values()) {
    put(name);
    put_whole(value.index());
    std::visit([this](const auto& stored) { put(stored); }, value);
  }
}

std::string_view Decoder::take(std::size_t size) {
  if (size > rest_.size()) throw_damaged_state();
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}
std::size_t Decoder::count(std::size_t bytes_each) {
  const std::uint64_t number = whole();
  if (number > rest_.size() / bytes_each) throw_damaged_state();
  return number;
}
std::uint64_t Decoder::whole() {
  std::uint64_t value = 0;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}
void Decoder::get(EndClass& value) {
  const std::uint64_t number = whole();
  if (number > static_cast<std::uint64_t>(EndClass::failed)) throw_damaged_state();
  value = static_cast<EndClass>(number);
}
void Decoder::get(Real& value) { std::memcpy(&value, take(sizeof value).data(), sizeof value); }
void Decoder::get(std::string& text) { text = take(count(1)); }
void Decoder::get(Mat& values) {
  const std::uint64_t rows = whole(), cols = whole();
  if (cols != 0 && rows > rest_.size() / sizeof(Real) / cols) throw_damaged_state();
  values.set_size(rows, cols);
  const std::string_view bytes = take(values.n_elem * sizeof(Real));
  if (!bytes.empty()) std::memcpy(values.memptr(), bytes.data(), bytes.size());
}
void Decoder::get(Vec& values) {
  Mat columns;
  get(columns);
  if (columns.n_cols > 1) throw_damaged_state();
  values = arma::vectorise(columns);
}
void Decoder::get(std::vector<Real>& values) {
  values.resize(count(sizeof(Real)));
  const std::string_view bytes = take(values.size() * sizeof(Real));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
}
void Decoder::get(Memory& memory) {
  static_assert(std::is_same_v<Memory::Value, std::variant<Real, Index, Mat, Factors>>);
  const Memory::Value empty[] = {Real{}, Index{}, Mat(), Factors()};
  memory.clear();
  for (std::size_t left = count(2 * sizeof(std::uint64_t)); left > 0; --left) {
    std::string name;
    get(name);
    const std::uint64_t type = whole();
    if (type >= std::size(empty)) throw_damaged_state();
    Memory::Value value = empty[type];
    std::visit([this](auto& stored) { get(stored); }, value);
    memory.restore(std::move(name), std::move(value));
  }
}
void Decoder::finish() const {
  if (!rest_.empty()) throw_damaged_state();
}

}  // namespace tightrope
