// Dense A_i from files: the same bits in memory and in the file, some of the rows, and files that others damage.
#include "core/operators/row_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/base/mapped_file.hpp"
#include "core/conformance/parts.hpp"
#include "core/numbers/streams.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

namespace {

/// m rows of n1 × n2 numbers with their row index slowest, as an .npy file of some type.
class Written {
 public:
  Written(Index m, Shape shape, const std::string& type, bool fortran_order = false, Real scale = 1)
      : values(Stream(5, "rows").normal_matrix(m, shape.entries())) {
    values = arma::conv_to<Mat>::from(arma::conv_to<arma::fmat>::from(scale * values));  // float32 holds them
    if (type == "<i4") values = arma::round(values);
    std::string header = fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({}, {}), }}", type,
                                     fortran_order ? "True" : "False", m, shape.entries());
    header.resize((10 + header.size() + 64) / 64 * 64 - 11, ' ');
    header += '\n';
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size() & 255U);
    bytes += static_cast<char>(header.size() >> 8U);
    bytes += header;
    begin = bytes.size();
    for (Index i = 0; i < values.n_elem; ++i) {
      const Real x = fortran_order ? values[i] : values(i / values.n_cols, i % values.n_cols);
      char out[8];
      const auto put = [&](auto number) {
        std::memcpy(out, &number, sizeof number);
        if (type[0] == '>') std::reverse(out, out + sizeof number);
        bytes.append(out, sizeof number);
      };
      if (type == "<i4")
        put(static_cast<std::int32_t>(x));
      else if (type == "<f4")
        put(static_cast<float>(x));
      else
        put(x);
    }
    std::ofstream(path, std::ios::binary) << bytes;
  }
  ~Written() { fs::remove(path); }

  std::string path = (fs::temp_directory_path() / fmt::format("rows-{}.npy", getpid())).string();
  Mat values;  // m × n1·n2
  std::size_t begin;
};

class Dense final : public DenseOperator {
 public:
  Dense(const std::string& path, Shape shape, RowsIn where, unsigned threads = 1, bool by_rows = true)
      : Dense(Context(shape, Stream(1, "test"), std::make_shared<Team>(threads)), path, where, by_rows) {}

 private:
  Dense(const Context& context, const std::string& path, RowsIn where, bool by_rows)
      : Dense(context, read_rows(path, context.shape, by_rows, where, *context.team)) {}
  Dense(const Context& context, RowFile file)
      : DenseOperator(context, file.measurements, {file.layout.storage, false, 0.5, file.layout.by_rows},
                      file.make_store) {}
};

struct Result {
  std::vector<Real> values;
  std::vector<Vec> predictions;
  std::vector<LowRank> gradients;
  bool operator==(const Result& other) const {
    for (std::size_t l = 0; l < predictions.size(); ++l)
      if (!parts::same_bits(predictions[l], other.predictions[l]) ||
          !parts::same_bits(gradients[l].left, other.gradients[l].left) ||
          !parts::same_bits(gradients[l].right, other.gradients[l].right))
        return false;
    return values == other.values;
  }
};

Result evaluated(const MeasurementOperator& op, Index lanes, Rows rows = Rows::all()) {
  const parts::HalfSquare loss(true);
  const Vec data(rows.within(op.measurements()).count, arma::fill::ones);
  std::vector<LowRank> points(lanes);
  Result result{std::vector<Real>(lanes), std::vector<Vec>(lanes), std::vector<LowRank>(lanes)};
  std::vector<Evaluation> evaluations;
  for (Index l = 0; l < lanes; ++l) {
    points[l] = {Stream(l, "L").normal_matrix(op.rows(), 2), Stream(l, "R").normal_matrix(op.cols(), 2)};
    evaluations.push_back({&points[l], &data, &loss, {true, true}, 0, &result.predictions[l], &result.gradients[l]});
  }
  op.evaluate(evaluations, rows);
  for (Index l = 0; l < lanes; ++l) result.values[l] = evaluations[l].value;
  return result;
}

std::pair<Exit, std::string> failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {Exit::ok, ""};
}

}  // namespace

TEST_CASE("rows in memory and rows in the file give the same bits, for every number of lanes and threads") {
  for (const Shape shape : {Shape{7, 5}, Shape{8, 8}, Shape{40, 30}})
    for (const char* type : {"<f8", "<f4"}) {
      CAPTURE(type);
      const Written file(150, shape, type);
      for (const Index lanes : {Index{1}, Index{3}, Index{16}}) {
        const Result expected = evaluated(Dense(file.path, shape, RowsIn::memory), lanes);
        // By the definition: ⟨A_i, X⟩ with the entries row by row.
        const LowRank X{Stream(0, "L").normal_matrix(shape.rows, 2), Stream(0, "R").normal_matrix(shape.cols, 2)};
        const Vec z = 0.5 * file.values * arma::vectorise(Mat(X.dense().t()));
        CHECK(arma::norm(expected.predictions[0] - z) < 1e-13 * arma::norm(z));
        const Mat G = arma::reshape(Mat(0.5 * file.values.t() * (z - 1)), shape.cols, shape.rows).t();
        CHECK(arma::norm(expected.gradients[0].left - G * X.right, "fro") < 1e-12 * arma::norm(G, "fro"));
        for (const unsigned threads : {1U, 2U, 4U}) {
          CHECK(evaluated(Dense(file.path, shape, RowsIn::file, threads), lanes) == expected);
          CHECK(evaluated(Dense(file.path, shape, RowsIn::automatic, threads), lanes) == expected);
        }
        const Rows some{37, 60};
        CHECK(evaluated(Dense(file.path, shape, RowsIn::file, 2), lanes, some) ==
              evaluated(Dense(file.path, shape, RowsIn::memory), lanes, some));
      }
      const Dense in_file(file.path, shape, RowsIn::file);
      CHECK(in_file.bytes() == 150 * shape.entries() * (std::string(type) == "<f4" ? 4 : 8));
      Mat row(shape.rows, shape.cols);
      in_file.dense_rows(149, 1, row.memptr());
      CHECK(arma::approx_equal(Mat(row.t()), Mat(0.5 * arma::reshape(file.values.row(149), shape.cols, shape.rows)),
                               "absdiff", 0));
    }
}

TEST_CASE("entries column by column, and files of other types and orders, are the same operator") {
  const Shape shape{7, 5};
  const Written file(90, shape, "<f8");
  const Dense by_columns(file.path, shape, RowsIn::file, 1, false);
  Mat row(7, 5);
  by_columns.dense_rows(3, 1, row.memptr());
  CHECK(arma::approx_equal(arma::vectorise(row).t(), Mat(0.5 * file.values.row(3)), "absdiff", 0));
  const Result expected = evaluated(Dense(file.path, shape, RowsIn::memory), 3);
  for (const auto& [type, fortran_order] : {std::pair{">f8", false}, {"<f8", true}, {">f8", true}}) {
    const Written other(90, shape, type, fortran_order);
    CHECK(evaluated(Dense(other.path, shape, RowsIn::automatic), 3) == expected);
    const auto [code, text] = failure_of([&] { Dense(other.path, shape, RowsIn::file); });
    CHECK(code == Exit::config);
    CHECK(text.find(fortran_order ? "but this one is in Fortran order" : "but this one holds other numbers") !=
          std::string::npos);
  }
  const Written whole_numbers(90, shape, "<i4", false, 50);
  const Dense of_integers(whole_numbers.path, shape, RowsIn::memory);
  of_integers.dense_rows(89, 1, row.memptr());
  CHECK(arma::approx_equal(arma::vectorise(Mat(row.t())).t(), Mat(0.5 * whole_numbers.values.row(89)), "absdiff", 0));
}

TEST_CASE("some of the rows are predicted to the bit as among all, and all of them are the operator") {
  const Shape shape{7, 5};
  const Written file(150, shape, "<f4");
  std::vector<Index> all(150), some;
  for (Index i = 0; i < 150; ++i) {
    all[i] = i;
    if (i % 7 == 2 || i > 140) some.push_back(i);
  }
  for (const RowsIn where : {RowsIn::memory, RowsIn::file}) {
    const auto op = std::make_shared<const Dense>(file.path, shape, where, 2);
    for (const Index lanes : {Index{1}, Index{5}}) {
      const Result whole = evaluated(*op, lanes);
      CHECK(evaluated(*op->restricted(all), lanes) == whole);
      const auto part = op->restricted(some);
      CHECK(part->bytes() == some.size() * 35 * 4);
      const Result found = evaluated(*part, lanes);
      for (Index l = 0; l < lanes; ++l)
        for (Index i = 0; i < some.size(); ++i) CHECK(found.predictions[l][i] == whole.predictions[l][some[i]]);
      // Some of some.
      const Result last = evaluated(*part->restricted({1, some.size() - 1}), lanes);
      CHECK(last.predictions[0][1] == whole.predictions[0][149]);
    }
    CHECK(evaluated(*op->restricted({}), 2).predictions[1].is_empty());
  }
}

TEST_CASE("a number that is not finite is named") {
  for (const char* type : {"<f8", "<f4"})
    for (const RowsIn where : {RowsIn::memory, RowsIn::file}) {
      const Written file(20, {3, 4}, type);
      {
        const double bad = std::numeric_limits<double>::infinity();
        const float narrow = std::numeric_limits<float>::quiet_NaN();
        const bool wide = std::string(type) == "<f8";
        std::fstream stream(file.path, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(static_cast<std::streamoff>(file.begin + (12 * 6 + 10) * (wide ? 8 : 4)));
        if (wide)
          stream.write(reinterpret_cast<const char*>(&bad), sizeof bad);
        else
          stream.write(reinterpret_cast<const char*>(&narrow), sizeof narrow);
      }
      const auto [code, text] = failure_of([&] { Dense(file.path, {3, 4}, where); });
      CHECK(code == Exit::config);
      CHECK(text == file.path + ": entry (7, 11) is not a finite number");
    }
}

TEST_CASE("a file that is cut or changed while passes read it ends them with one sentence, and no signal") {
  const Shape shape{40, 30};
  for (const Index lanes : {Index{1}, Index{4}})
    for (const unsigned threads : {1U, 3U}) {
      const Written file(200, shape, "<f8");
      const Dense op(file.path, shape, RowsIn::file, threads), other(file.path, shape, RowsIn::file, threads);
      evaluated(op, lanes);
      fs::resize_file(file.path, 1'000'000);
      for (int time = 0; time < 2; ++time) {
        const auto [code, text] = failure_of([&] { evaluated(op, lanes); });
        CHECK(code == Exit::integrity);
        CHECK(text == fmt::format("{} was cut from {} to 1000000 bytes while it was read", file.path,
                                  file.begin + 200 * 1200 * 8));
      }
      const auto [code, text] = failure_of([&] {
        Mat G;
        other.adjoint(Vec(200, arma::fill::ones), G);
      });
      CHECK(code == Exit::integrity);
    }
  const Written file(200, shape, "<f8");
  const Dense op(file.path, shape, RowsIn::file);
  evaluated(op, 1);
  fs::last_write_time(file.path, fs::last_write_time(file.path) + std::chrono::seconds(1));
  const auto [code, text] = failure_of([&] { evaluated(op, 1); });
  CHECK(code == Exit::integrity);
  CHECK(text == file.path + " was changed while it was read");
  // What takes its name is another file.
  const Written again(200, shape, "<f8");
  const Dense kept(again.path, shape, RowsIn::file);
  const Result before = evaluated(kept, 1);
  fs::rename(again.path, again.path + ".old");
  std::ofstream(again.path) << "something else";
  CHECK(evaluated(kept, 1) == before);
  fs::remove(again.path + ".old");
}

TEST_CASE("zeros follow a mapped file, and what was lost stays lost") {
  const std::string path = (fs::temp_directory_path() / fmt::format("mapped-{}", getpid())).string();
  for (const std::size_t size : {std::size_t{4096}, std::size_t{5000}, std::size_t{40960}}) {
    std::ofstream(path) << std::string(size, 'x');
    const MappedFile file(path);
    CHECK(file.size() == size);
    file.check();
    for (std::size_t i = 0; i < 64; ++i) CHECK(file.data()[size + i] == std::byte{0});
    CHECK(file.data()[size - 1] == std::byte{'x'});
    if (size < 40960) continue;
    const auto time = fs::last_write_time(path);
    fs::resize_file(path, 0);
    CHECK(file.data()[39000] == std::byte{0});
    // The same size and time again: what was read in between was not the file.
    std::ofstream(path) << std::string(size, 'x');
    fs::last_write_time(path, time);
    CHECK_THROWS_WITH_AS(file.check(), doctest::Contains("could not be read to its end"), Error);
  }
  fs::remove(path);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("missing pages of memory that is not ours end a process as ever") {
  const std::string path = (fs::temp_directory_path() / fmt::format("mapped-{}", getpid())).string();
  std::ofstream(path) << std::string(40960, 'x');
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGBUS, SIG_DFL);
    const MappedFile file(path);
    const int descriptor = open(path.c_str(), O_RDONLY);
    const auto* const other =
        static_cast<const volatile char*>(mmap(nullptr, 40960, PROT_READ, MAP_PRIVATE, descriptor, 0));
    fs::resize_file(path, 0);
    _exit(other[20000]);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGBUS);
  fs::remove(path);
}
#endif
