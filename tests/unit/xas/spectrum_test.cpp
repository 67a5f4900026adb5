#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/xas/compare.hpp"
#include "lithoscope/xas/components.hpp"
#include "lithoscope/xas/features.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "xas_cases.hpp"

using namespace lithoscope;

namespace {

xas::Scan scan_of(std::vector<double> energy, std::vector<double> signal, std::vector<double> i0) {
  xas::Scan scan;
  scan.columns = {{"energy", "eV", std::move(energy)}, {"tey", "", std::move(signal)}, {"i0", "", std::move(i0)}};
  scan.energy = 0;
  for (std::size_t i = 0; i < scan.columns[0].values.size(); ++i)
    scan.lines.push_back(static_cast<std::int64_t>(10 + i));
  return scan;
}

std::optional<std::int64_t> line_of_fault(const xas::Scan& scan, const xas::Channels& channels) {
  try {
    xas::make_spectrum(scan, channels, "f");
  } catch (const core::UnreadableFile& error) {
    return error.facts().where.line;
  }
  return std::nullopt;
}

const xas::Channels over_i0{.signal = {"tey"}, .i0 = "i0"};

}  // namespace

TEST_CASE("a zero I0, NaN, a falling or a repeated energy is refused with its line") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> e{1, 2, 3, 4, 5}, s{1, 1, 1, 1, 1}, one{1, 1, 1, 1, 1};
  CHECK(line_of_fault(scan_of(e, s, {1, 1, 0, 1, 1}), over_i0) == 12);
  CHECK(line_of_fault(scan_of(e, {1, nan, 1, 1, 1}, one), over_i0) == 11);
  CHECK(line_of_fault(scan_of({1, 2, 1.5, 4, 5}, s, one), over_i0) == 12);
  CHECK(line_of_fault(scan_of({1, 2, 2, 4, 5}, s, one), over_i0) == 12);
  CHECK(!line_of_fault(scan_of(e, s, one), over_i0));
}

TEST_CASE("repeated energies are merged when asked, and it is said") {
  xas::Channels merge = over_i0;
  merge.repeats = xas::Repeats::merge;
  const xas::Spectrum s =
      xas::make_spectrum(scan_of({1, 3, 2, 2, 4, 5}, {1, 1, 2, 4, 1, 1}, {1, 1, 1, 1, 1, 1}), merge, "f");
  CHECK(s.size() == 5);
  CHECK(s.intensity[1] == 3);
  CHECK(s.remarks.size() == 2);
}

TEST_CASE("variances of counts follow signal and I0") {
  xas::Channels counts = over_i0;
  counts.counts = true;
  const xas::Spectrum s =
      xas::make_spectrum(scan_of({1, 2, 3, 4, 5}, {400, 400, 400, 400, 400}, {100, 100, 100, 100, 100}), counts, "f");
  CHECK(s.intensity[0] == 4);
  CHECK(s.variance[0] == doctest::Approx(16 * (1.0 / 400 + 1.0 / 100)));
}

TEST_CASE("the scatter of white noise on a smooth curve is found, on an uneven grid too") {
  core::RandomStream random{1, 0};
  std::vector<double> e, y;
  for (int i = 0; i < 2000; ++i) {
    e.push_back(i + 0.3 * random.uniform());
    y.push_back(std::sin(0.02 * e.back()) + 0.05 * random.normal());
  }
  CHECK(xas::scatter_of(e, y) == doctest::Approx(0.05).epsilon(0.08));
  for (const double v : xas::scatter_variance(e, y)) CHECK(v == doctest::Approx(0.0025).epsilon(0.5));
}

TEST_CASE("a glitch is replaced and said, a sharp line is kept") {
  xas::Spectrum s = test::edge_spectrum(100, 0.5, 0.002);
  xas::Scan scan = scan_of(s.energy_eV, s.intensity, std::vector<double>(s.energy_eV.size(), 1.0));
  scan.columns[1].values[450] += 0.3;
  xas::Channels c = over_i0;
  c.deglitch = true;
  const xas::Spectrum mended = xas::make_spectrum(scan, c, "f");
  CHECK(std::abs(mended.intensity[450] - s.intensity[450]) < 0.01);
  CHECK(mended.remarks.size() == 1);
  CHECK(mended.variance[450] > mended.variance[451]);
}

TEST_CASE("the edge's height comes with an uncertainty that covers") {
  int inside = 0;
  constexpr int draws = 300;
  const xas::EdgeSettings fixed{
      .e0_eV = 100.0, .pre_from = -45, .pre_to = -15, .post_from = 20, .post_to = 95, .order = 1};
  const double truth = xas::normalise(test::edge_spectrum(), xas::Normalisation::edge, fixed).scale.value;
  for (int k = 0; k < draws; ++k) {
    const auto n = xas::normalise(test::edge_spectrum(100, 0.5, 0.02, static_cast<std::uint64_t>(k)),
                                  xas::Normalisation::edge, fixed);
    if (std::abs(n.scale.value - truth) < 1.96 * n.scale.sigma()) ++inside;
  }
  CHECK(inside > 0.91 * draws);
  CHECK(inside < 0.985 * draws);
}

TEST_CASE("normalised spectra have what their name says") {
  const xas::Spectrum s = test::edge_spectrum(100, 0.5, 0.001);
  const auto top = xas::normalise(s, xas::Normalisation::maximum).spectrum;
  CHECK(*std::ranges::max_element(top.intensity) == doctest::Approx(1).epsilon(0.01));
  const auto flat = xas::normalise(s, xas::Normalisation::flat).spectrum;
  CHECK(flat.intensity.back() == doctest::Approx(1).epsilon(0.01));
  CHECK_THROWS_AS(xas::normalise(s, xas::Normalisation::edge, {.e0_eV = 400.0}), core::UsageError);
}

TEST_CASE("a misalignment of 0.02 eV is not read as chemistry") {
  constexpr int draws = 200;
  int called = 0;
  for (int k = 0; k < draws; ++k) {
    const auto stream = static_cast<std::uint64_t>(2 * k);
    const auto before = test::edge_spectrum(100, 0.5, 0.003, stream);
    const auto after = test::edge_spectrum(100.02, 0.5, 0.003, stream + 1);
    if (xas::compare(before, after, {}).significance > 2) ++called;
  }
  CHECK(called <= 0.06 * draws);  // 2.3 % of the draws by chance alone
}

TEST_CASE("a white line that falls is a clear change, at its place") {
  const auto d = xas::compare(test::edge_spectrum(100, 0.5, 0.003, 1), test::edge_spectrum(100, 0.45, 0.003, 2), {});
  CHECK(d.significance > 5);
  CHECK(d.largest < 0);
  CHECK(d.largest_eV == doctest::Approx(102).epsilon(0.02));
  CHECK_THROWS_AS(xas::compare(test::edge_spectrum(), test::edge_spectrum(), {}), core::UsageError);  // no noise known
}

TEST_CASE("the shift of a reference channel is found within its error") {
  const auto reference = test::edge_spectrum(100, 0.5, 0.002, 5);
  xas::Spectrum moved = test::edge_spectrum(100.31, 0.5, 0.002, 6);
  for (double& v : moved.intensity) v = 3 * v + 0.4;
  for (double& v : moved.variance) v *= 9;
  const core::Value shift = xas::energy_offset_eV(moved, reference, 80, 140, 1);
  CHECK(std::abs(shift.value - 0.31) < 3 * shift.sigma());
  CHECK(shift.sigma() < 0.02);
}

TEST_CASE("white-line areas, branching ratio and step come back") {
  const xas::WhiteLines w = xas::white_lines(test::l_edges(642, 653), "Mn");
  CHECK(w.L3_eV == doctest::Approx(642).epsilon(1e-4));
  CHECK(w.step.value == doctest::Approx(1).epsilon(0.05));
  // Lorentzians of area pi h w, their tails cut at the windows.
  CHECK(w.L3_area.value == doctest::Approx(3.1416 * 7 * 0.6).epsilon(0.12));
  CHECK(w.branching.value == doctest::Approx(0.6 / (0.6 + 0.45 * 0.8)).epsilon(0.05));
  CHECK_THROWS_AS(xas::white_lines(xas::cut(test::l_edges(642, 653), 630, 655), "Mn"), core::UsageError);
}

TEST_CASE("white-line areas and branching ratio scatter as they say") {
  constexpr int draws = 150;
  std::vector<double> areas, ratios, said_area, said_ratio;
  for (int k = 0; k < draws; ++k) {
    xas::Spectrum s = test::l_edges(642, 653);
    core::RandomStream random{21, static_cast<std::uint64_t>(k)};
    for (double& v : s.intensity) v += 0.03 * random.normal();
    std::ranges::fill(s.variance, 9e-4);
    const xas::WhiteLines w = xas::white_lines(s, "Mn");
    areas.push_back(w.L3_area.value);
    ratios.push_back(w.branching.value);
    said_area.push_back(w.L3_area.sigma());
    said_ratio.push_back(w.branching.sigma());
  }
  const auto mean = [](const std::vector<double>& v) {
    double sum = 0;
    for (const double x : v) sum += x / static_cast<double>(v.size());
    return sum;
  };
  const auto scatter = [&](const std::vector<double>& v) {
    double sum = 0;
    for (const double x : v) sum += (x - mean(v)) * (x - mean(v)) / static_cast<double>(v.size() - 1);
    return std::sqrt(sum);
  };
  CHECK(scatter(areas) == doctest::Approx(mean(said_area)).epsilon(0.25));
  CHECK(scatter(ratios) == doctest::Approx(mean(said_ratio)).epsilon(0.25));
}

TEST_CASE("a shoulder's ratio carries noise and the energy scale's uncertainty") {
  const xas::FeatureWindow window = xas::parse_feature("line: 101..104 / 120..130");
  CHECK(window.name == "line");
  const auto s = test::edge_spectrum(100, 0.5, 0.01, 3);
  const core::Value sharp = xas::feature_ratio(s, window, 0);
  const core::Value blurred = xas::feature_ratio(s, window, 0.2);
  CHECK(blurred.variance > sharp.variance);
  CHECK_THROWS_AS(xas::feature_ratio(s, xas::parse_feature("300..310 / 320..330"), 0), core::UsageError);
  CHECK_THROWS_AS(xas::parse_feature("300-310 / 5"), core::UsageError);
}

TEST_CASE("two mixed spectra are two components, by their noise too") {
  std::vector<xas::Spectrum> series;
  for (int k = 0; k < 8; ++k) {
    xas::Spectrum s = test::edge_spectrum(100, 0.3, 0.002, static_cast<std::uint64_t>(100 + k));
    const double share = k / 7.0;
    for (std::size_t i = 0; i < s.intensity.size(); ++i)
      s.intensity[i] +=
          share * (test::edge_curve(s.energy_eV[i], 102, 0.8) - test::edge_curve(s.energy_eV[i], 100, 0.3));
    series.push_back(std::move(s));
  }
  const xas::Components c = xas::principal_components(series);
  CHECK(c.by_indicator == 2);
  CHECK(c.by_noise == 2);
  CHECK(xas::outside_share(c, 2, test::edge_spectrum(102, 0.8)) < 0.01);
  CHECK(xas::outside_share(c, 2, test::edge_spectrum(108, 2)) > 0.05);
}

TEST_CASE("the scatter of counts grows with the intensity, and is found to") {
  core::RandomStream random{9, 0};
  std::vector<double> e, y, truth;
  for (int i = 0; i < 600; ++i) {
    e.push_back(840 + 0.1 * i);
    const double x = (e.back() - 870) / 4;
    const double counts = 1e4 * (0.2 + std::exp(-0.5 * x * x));
    y.push_back(counts + std::sqrt(counts) * random.normal());
    truth.push_back(counts);
  }
  const std::vector<double> found = xas::scatter_variance(e, y);
  CHECK(found[20] == doctest::Approx(truth[20]).epsilon(0.3));    // below the line
  CHECK(found[300] == doctest::Approx(truth[300]).epsilon(0.3));  // on it, six times as much
}
