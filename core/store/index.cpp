#include "core/store/index.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <map>
#include <memory>
#include <set>

#include "core/base/digest.hpp"
#include "core/base/limits.hpp"
#include "core/store/files/json.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

constexpr int table_version = 2;  // kept in the file's user_version
const std::vector<std::string> columns = {"folder",     "key",    "labels",  "end",    "reason",
                                          "iterations", "passes", "seconds", "metrics"};

constexpr std::size_t passes_column = 6;

/// What SQLite said, on its way to a rebuilt table or to the user.
struct Trouble {
  std::string text;
};

std::string words_of(sqlite3* handle) {
  const int reason = sqlite3_system_errno(handle);
  return is_shortage(reason) ? shortage_text(reason) : sqlite3_errmsg(handle);
}

class Database {
 public:
  Database(const fs::path& file, int flags) {
    const int status = sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr);
    if (status != SQLITE_OK) {
      const std::string text = words_of(handle_);
      sqlite3_close(handle_);
      throw Trouble{text};
    }
    sqlite3_busy_timeout(handle_, 5000);
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  sqlite3* get() const { return handle_; }
  [[noreturn]] void complain() const { throw Trouble{words_of(handle_)}; }
  void execute(const std::string& text) {
    if (sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) complain();
  }

 private:
  sqlite3* handle_ = nullptr;
};

class Statement {
 public:
  Statement(Database& database, const std::string& text) : database_(database) {
    if (sqlite3_prepare_v2(database.get(), text.c_str(), -1, &handle_, nullptr) != SQLITE_OK) database.complain();
  }
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  sqlite3_stmt* get() const { return handle_; }
  bool next() {
    const int status = sqlite3_step(handle_);
    if (status != SQLITE_ROW && status != SQLITE_DONE) database_.complain();
    return status == SQLITE_ROW;
  }
  std::string text(int column) const {
    const auto* bytes = sqlite3_column_text(handle_, column);
    return bytes ? reinterpret_cast<const char*>(bytes) : "";
  }

 private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

/// SQLite writes the same number in other digits.
std::string digest_of(std::vector<std::string> row) {
  std::string& passes = row[passes_column];
  if (const auto value = to_real(Node::make_scalar(passes, {}))) passes = shortest(*value);
  std::string all;
  for (const std::string& value : row) all += fmt::format("{}:{}", value.size(), value);
  return sha256(all);
}

std::vector<std::string> row_of(const StoredCell& cell) {
  const Json record = Json::parse(to_json(cell.record));
  return {cell.folder.filename().string(),
          cell.key,
          Json(cell.labels).dump(),
          to_string(cell.end.end_class),
          cell.end.reason,
          std::to_string(cell.end.iteration),
          shortest(cell.counters.passes()),
          shortest(cell.seconds),
          record.at("metrics").dump()};
}

fs::path file_of(const fs::path& out) { return out / "index.sqlite"; }

/// The folders that the table speaks of. Trouble if any of it is not as it was written.
std::set<std::string> listed(Database& database) {
  Statement version(database, "PRAGMA user_version");
  version.next();
  if (version.text(0) != std::to_string(table_version)) throw Trouble{"another version"};
  std::set<std::string> folders;
  Statement all(database, fmt::format("SELECT {}, digest FROM runs", fmt::join(columns, ", ")));
  while (all.next()) {
    std::vector<std::string> row;
    for (std::size_t c = 0; c < columns.size(); ++c) row.push_back(all.text(static_cast<int>(c)));
    if (all.text(static_cast<int>(columns.size())) != digest_of(row)) throw Trouble{"a damaged row"};
    folders.insert(row[0]);
  }
  return folders;
}

std::size_t refresh(const fs::path& out, const std::vector<StoredCell>& at_hand, bool afresh) {
  std::map<std::string, const StoredCell*> found;
  for (const StoredCell& cell : at_hand) found.emplace(cell.folder.filename().string(), &cell);
  if (afresh)
    for (const char* part : {"", "-wal", "-shm"}) {
      std::error_code ignored;
      fs::remove(file_of(out).string() + part, ignored);
    }
  const bool is_new = !fs::exists(file_of(out));
  Database database(file_of(out), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
  if (is_new)
    database.execute(fmt::format(
        "CREATE TABLE runs (folder TEXT PRIMARY KEY, key TEXT, labels TEXT, end TEXT, reason TEXT, iterations "
        "INTEGER, passes REAL, seconds TEXT, metrics TEXT, digest TEXT); PRAGMA user_version = {}",
        table_version));
  std::set<std::string> known = listed(database);
  std::size_t read = 0;
  database.execute("BEGIN IMMEDIATE");
  {
    Statement insert(database, "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& entry : fs::directory_iterator(out / "cells")) {
      const std::string name = entry.path().filename().string();
      if (name[0] == '.' || known.erase(name) > 0) continue;
      const auto cell = found.find(name);
      std::vector<std::string> row = cell == found.end() ? row_of(read_cell(entry.path())) : row_of(*cell->second);
      row.push_back(digest_of(row));
      sqlite3_reset(insert.get());
      for (std::size_t c = 0; c < row.size(); ++c)
        sqlite3_bind_text(insert.get(), static_cast<int>(c) + 1, row[c].c_str(), -1, SQLITE_TRANSIENT);
      insert.next();
      ++read;
    }
    Statement remove(database, "DELETE FROM runs WHERE folder = ?");
    for (const std::string& gone : known) {
      sqlite3_reset(remove.get());
      sqlite3_bind_text(remove.get(), 1, gone.c_str(), -1, SQLITE_TRANSIENT);
      remove.next();
    }
  }
  database.execute("COMMIT");
  return read;
}

}  // namespace

std::size_t refresh_index(const fs::path& out, const std::vector<StoredCell>& at_hand) {
  try {
    return refresh(out, at_hand, false);
  } catch (const Trouble&) {
    // Whatever it was: the cells are there, and the table is quickly made.
  }
  try {
    return refresh(out, at_hand, true);
  } catch (const Trouble& trouble) {
    throw Error(Exit::resources, fmt::format("{} cannot be written: {}", file_of(out).string(), trouble.text));
  }
}

std::vector<std::vector<std::string>> ask_index(const fs::path& out, const std::string& question) {
  try {
    Database database(file_of(out), SQLITE_OPEN_READONLY);
    listed(database);
    Statement answer(database, question);
    if (!answer.get() || sqlite3_stmt_readonly(answer.get()) == 0) throw Trouble{"it must be a SELECT"};
    const int width = sqlite3_column_count(answer.get());
    std::vector<std::vector<std::string>> rows(1);
    for (int c = 0; c < width; ++c) rows[0].emplace_back(sqlite3_column_name(answer.get(), c));
    while (answer.next()) {
      rows.emplace_back();
      for (int c = 0; c < width; ++c) rows.back().push_back(answer.text(c));
    }
    return rows;
  } catch (const Trouble& trouble) {
    throw Error(Exit::config, fmt::format("the question '{}' cannot be answered: {}; the table is runs({})", question,
                                          trouble.text, fmt::join(columns, ", ")));
  }
}

}  // namespace tightrope
