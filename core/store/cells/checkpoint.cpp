#include "core/store/cells/checkpoint.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/digest.hpp"
#include "core/engine/encoding.hpp"
#include "core/store/cells/cell.hpp"
#include "core/store/files/files.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view magic = "tightrope checkpoint 4 ";
constexpr std::size_t digest_digits = 64;
constexpr std::size_t header_size = magic.size() + digest_digits + 1 + digest_digits + 1;

fs::path file_of(const fs::path& out, const CellSpec& cell) {
  return out / "unfinished" / (folder_name(cell) + ".state");
}

/// The key and the payload of a checkpoint, checked.
std::pair<std::string, std::string> opened(const fs::path& file) {
  const std::string bytes = read_file(file);
  const auto damaged = [&](const std::string& why) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), why));
  };
  if (bytes.size() < header_size || bytes.compare(0, magic.size(), magic) != 0 || bytes[header_size - 1] != '\n' ||
      bytes[magic.size() + digest_digits] != ' ')
    damaged("it does not begin like a checkpoint");
  const std::string key = bytes.substr(magic.size(), digest_digits);
  std::string payload = bytes.substr(header_size);
  if (bytes.substr(magic.size() + digest_digits + 1, digest_digits) != sha256(key + payload))
    damaged("its SHA-256 is not the one that it states");
  return {key, std::move(payload)};
}

}  // namespace

void write_checkpoint(const fs::path& out, const CellSpec& cell, const Lane& lane) {
  Encoder payload;
  const Cost& cost = lane.cost();
  payload(lane.state(), lane.trace().rows, lane.trace().seconds, cost.seconds, cost.bytes, cost.solo, cost.observing);
  const std::string bytes = payload.take();
  const std::string header = fmt::format("{}{} {}\n", magic, cell.key, sha256(cell.key + bytes));
  write_atomically(file_of(out, cell), header + bytes);  // no more than two copies at a time
}

void restore_checkpoint(const fs::path& file, const CellSpec& cell, Lane& lane) {
  const auto [key, payload] = opened(file);
  if (key != cell.key)
    throw Error(Exit::integrity, fmt::format("{} is the checkpoint of another cell, {}", file.string(), key));
  Decoder in(payload);
  std::string state;
  std::vector<std::vector<Real>> rows;
  std::vector<Real> row_seconds;
  Cost cost;
  in(state, rows, row_seconds, cost.seconds, cost.bytes, cost.solo, cost.observing);
  in.finish();
  lane.restore(state, std::move(rows), std::move(row_seconds), std::move(cost));
}

bool read_checkpoint(const fs::path& out, const CellSpec& cell, Lane& lane) {
  const fs::path file = file_of(out, cell);
  if (!has_checkpoint(out, cell)) return false;
  try {
    restore_checkpoint(file, cell, lane);
  } catch (const Error& error) {
    if (!has_checkpoint(out, cell)) return false;  // another process has finished the cell meanwhile
    const fs::path aside = file.string() + ".damaged";
    if (rename(file.c_str(), aside.c_str()) != 0) fail_at(file, "set aside");
    throw Error(Exit::integrity, fmt::format("{}; it is now {}", error.what(), aside.filename().string()));
  }
  return true;
}

std::vector<fs::path> checkpoints_of(const fs::path& out, const CellSpec& cell) {
  const std::string name = folder_name(cell), key = name.substr(0, name.find('-') + 1);
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(out / "unfinished", ignored))
    if (entry.path().filename().string().starts_with(key) && entry.path().extension() == ".state")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

void remove_checkpoint(const fs::path& out, const CellSpec& cell) { unlink(file_of(out, cell).c_str()); }

bool has_checkpoint(const fs::path& out, const CellSpec& cell) { return is_there(file_of(out, cell)); }

std::string damage_of_checkpoint(const fs::path& file) {
  try {
    opened(file);
    return "";
  } catch (const Error& error) {
    if (error.code() != Exit::integrity) throw;
    return error.what();
  }
}

}  // namespace tightrope
