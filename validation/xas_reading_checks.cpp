// Files as beamlines write them: the inputs on which the program was wrong, quick scans, and clean spectra that no
// deglitching may touch.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <numeric>
#include <optional>

#include "check.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/xas/reading.hpp"
#include "lithoscope/xas/selfabs_run.hpp"
#include "lithoscope/xas/valence_run.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;

std::string case_path(const std::string& name) { return (fs::path(real_data()) / "cases/xas" / name).string(); }

// Cases counted as they are told; what fails is named.
class Tally {
 public:
  void add(const std::string& name, bool right, const std::string& found) {
    ++all_;
    if (right)
      ++right_;
    else
      wrong_ += fmt::format("{}: {}; ", name, found);
  }
  template <class F>
  void run(const std::string& name, const F& right) {
    try {
      const auto [ok, found] = right();
      add(name, ok, found);
    } catch (const core::Error& error) {
      add(name, false, error.facts().what);
    }
  }
  Outcome outcome() const {
    return {.figures = {{static_cast<double>(right_), static_cast<double>(all_)}},
            .detail = wrong_.empty() ? "all as the README of the cases says" : wrong_};
  }

 private:
  int right_ = 0, all_ = 0;
  std::string wrong_;
};

struct Told {
  bool ok;
  std::string found;
};

xas::Reading reading(const std::string& element, const std::string& edge) {
  return {.element = element, .edge_name = edge};
}

Told edge_is(const xas::ReadSpectrum& read, double e0_eV, double within_eV, double step, double step_within) {
  const xas::EdgeFit& edge = *read.normalised.edge;
  return {std::abs(edge.e0_eV - e0_eV) <= within_eV && std::abs(edge.step.value - step) <= step_within,
          fmt::format("{:.3f} eV, step {:.6g}", edge.e0_eV, edge.step.value)};
}

Told mixture_is(xas::Normalisation how, double truth) {
  const std::string folder = case_path("L_edge_default_range/");
  xas::ValenceStudy study{.file = {.path = folder + "Ni_mix.dat", .scan = {}}};
  study.reading = reading("Ni", "L2,3");
  study.reading.normalisation = how;
  study.reading.channels = xas::Channels{.counts = true};
  for (const char* name : {"2", "3", "4"})
    study.references.push_back(xas::file_reference(folder + "Ni" + name + ".dat", std::string{"="} + name));
  core::NoProgress progress;
  const xas::ValenceOutcome out = xas::run_valence(study, progress);
  const core::Value v = *out.fits.front().valence;
  constexpr double sigmas = 2.5, most_sigma = 0.01;
  return {out.gate.empty() && std::abs(v.value - truth) <= sigmas * v.sigma() && v.sigma() < most_sigma,
          core::format_value(v)};
}

Told line_is(const std::string& element, double truth) {
  xas::SelfAbsorptionStudy study{
      .file = {.path = case_path("selfabs_own_forward/" + element + "_partial.dat"), .scan = {}}};
  study.reading = reading(element, "L2,3");
  study.reading.edge.post_from = 28;
  study.reading.edge.post_to = 34;
  study.formula = "Li1.2Ni0.15Co0.1Mn0.55O2";
  study.areal_density_g_per_cm2 = 2e-5;
  study.coster_kronig = core::Value::with_sigma(0, 0.3);
  const xas::SelfAbsorptionOutcome out = xas::run_self_absorption(study);
  const double top = std::ranges::max(out.corrected->spectrum.intensity);
  constexpr double within = 0.005;
  return {out.corrected->verdict.trusted && std::abs(top / truth - 1) < within, fmt::format("{:.3f}", top)};
}

Outcome xas_cases() {
  if (real_data().empty()) return {.no_data = true};
  Tally tally;
  for (const auto how : {xas::Normalisation::edge, xas::Normalisation::maximum, xas::Normalisation::area})
    tally.run(fmt::format("mixture {}", static_cast<int>(how)), [&] { return mixture_is(how, 3.4); });
  tally.run("quick scan", [] {
    xas::Reading r = reading("Mn", "K");
    r.channels = xas::Channels{.repeats = xas::Repeats::merge};
    return edge_is(xas::read_spectrum({case_path("quick_exafs/quick.dat"), ""}, r), 6548, 0.1, 0.98, 0.01);
  });
  tally.run("several signals", [] {
    const xas::ReadSpectrum read = xas::read_spectrum({case_path("auto_columns/dilute.dat"), ""}, {});
    Told told = edge_is(read, 6548, 0.6, 0.0084, 2e-4);
    told.ok = told.ok && xas::formula_of(read.channels) == "(ifch1 + ifch2 + ifch3 + ifch4)/i0";
    return told;
  });
  tally.run("Athena", [] {
    const auto file = xas::read_scan_file(io::InputFile::open(case_path("athena_null/undef_stddev.prj")));
    return Told{file.scans.size() == 2, fmt::format("{} scans", file.scans.size())};
  });
  for (const char* name : {"text_dialects/decimal_comma_semicolon.csv", "text_dialects/decimal_comma_tab.dat",
                           "text_dialects/footer.dat", "text_dialects/sum_hdr_spaces.dat", "text_dialects/utf8bom.dat",
                           "hdf5_dialects/nxdata.h5", "hdf5_dialects/bliss.h5:1.1", "hdf5_dialects/bliss.h5:2.1"}) {
    tally.run(name, [&] {
      const std::string whole = name;
      const auto colon = whole.find(':');
      const xas::ScanChoice choice{case_path(whole.substr(0, colon)),
                                   colon == std::string::npos ? "" : whole.substr(colon + 1)};
      return edge_is(xas::read_spectrum(choice, reading("Mn", "K")), 6548, 1e-6, 0.97646, 1e-5);
    });
  }
  tally.run("Mn fluorescence", [] { return line_is("Mn", 10.13); });
  tally.run("Co fluorescence", [] { return line_is("Co", 9.13); });
  return tally.outcome();
}

// ---- quick scans ----------------------------------------------------------------------------------------------------

// An edge whose steepest rise lies at `edge_eV` by symmetry, the white line well above it, over a curved background.
double quick_curve(double e, double edge_eV, double width_eV) {
  const double x = (e - edge_eV) / width_eV, line = (e - edge_eV - 7 * width_eV) / (2 * width_eV);
  return 0.3 - 2e-4 * (e - edge_eV) + 0.5 + std::atan(x) / std::numbers::pi + 0.4 * std::exp(-0.5 * line * line) +
         (x > 20 ? 0.03 * std::sin(0.1 * (x - 20)) : 0);
}

struct QuickEdge {
  const char* element;
  double edge_eV, width_eV;
};

Outcome merge_rebin() {
  constexpr std::array edges{QuickEdge{"Mn", 6548, 1.5}, QuickEdge{"Fe", 7120, 1.3}, QuickEdge{"Cu", 8987, 1.8}};
  constexpr int seeds = 40;
  constexpr double noise = 0.01, spacing = 0.047, jitter = 0.02, step = 0.5;
  std::vector<double> off(edges.size() * seeds), ratio(off.size());
  core::parallel_for(static_cast<std::int64_t>(off.size()), [&](std::int64_t k) {
    const QuickEdge& edge = edges[static_cast<std::size_t>(k) / seeds];
    core::RandomStream random{17, static_cast<std::uint64_t>(k)};
    xas::Scan scan{.name = "quick"};
    scan.columns = {{"energy", "eV", {}}, {"mu", "", {}}};
    scan.energy = 0;
    for (int i = 0; i < 12000; ++i) {
      const double e = edge.edge_eV - 208 + spacing * i + jitter * random.normal();
      scan.columns[0].values.push_back(e);
      scan.columns[1].values.push_back(quick_curve(e, edge.edge_eV, edge.width_eV) + noise * random.normal());
    }
    xas::Reading r = reading(edge.element, "K");
    r.rebin_eV = step;
    const xas::ReadSpectrum read = xas::spectrum_of(scan, {"quick.dat", ""}, r);
    off[static_cast<std::size_t>(k)] = std::abs(read.normalised.edge->e0_eV - edge.edge_eV);
    // Points of the fine part, against the curve itself: their scatter, and what is stated.
    double squares = 0, stated = 0;
    for (std::size_t i = 0; i < read.measured.energy_eV.size(); ++i) {
      const double e = read.measured.energy_eV[i];
      if (std::abs(e - edge.edge_eV) > 25) continue;
      squares += std::pow(read.measured.intensity[i] - quick_curve(e, edge.edge_eV, edge.width_eV), 2);
      stated += read.measured.variance[i];
    }
    ratio[static_cast<std::size_t>(k)] = std::sqrt(squares / stated);
  });
  std::ranges::sort(off);
  double mean = 0;
  for (const double r : ratio) mean += r / static_cast<double>(ratio.size());
  double squares = 0;
  for (const double o : off) squares += o * o / static_cast<double>(off.size());
  const double of_95 = off[off.size() * 95 / 100];
  return {
      .figures = {{std::sqrt(squares)}, {mean}},
      .detail = fmt::format("{} quick scans of 12,000 rows, three edges; e0 off by {:.3f} eV at most, {:.3f} in 95 %",
                            off.size(), off.back(), of_95)};
}

// ---- which edge, which signal ---------------------------------------------------------------------------------------

// A scan of iron's K edge: where only that is in it and manganese is asked for, nothing may be found; where manganese's
// edge stands before it, small or not, that one must be. Then files that hold a beam and a detector of which one sees
// it.
Outcome edge_words() {
  constexpr int seeds = 100;
  constexpr double mn = 6548, fe = 7120;
  constexpr std::array noises{1e-3, 1e-2};
  double seen = 0, none = 0, lowest = 1;
  std::string detail;
  for (const double noise : noises) {
    std::array<int, 4> right{};
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      core::RandomStream random{41, seed};
      // Both edges over a background that falls; the share of manganese's.
      const auto scan_of_share = [&](double share) {
        xas::Scan scan{.name = "scan"};
        scan.columns = {{"energy", "eV", {}}, {"mu", "", {}}};
        scan.energy = 0;
        for (int i = 0; i < 900; ++i) {
          const double e = 6400 + i;
          const auto edge = [&](double at) { return 0.5 + std::atan((e - at) / 1.5) / std::numbers::pi; };
          scan.columns[0].values.push_back(e);
          scan.columns[1].values.push_back(0.5 - 4e-4 * (e - 6400) + share * edge(mn) + 2 * edge(fe) +
                                           noise * random.normal());
        }
        return scan;
      };
      const auto found = [&](double share) -> std::optional<double> {
        try {
          const xas::ReadSpectrum read = xas::spectrum_of(scan_of_share(share), {"x.dat", ""}, reading("Mn", "K"));
          return read.normalised.edge->e0_eV;
        } catch (const core::UsageError&) {
          return std::nullopt;
        }
      };
      none += 1;
      seen += found(0) ? 1 : 0;
      constexpr double within_eV = 4;
      const std::array shares{20 * noise, 0.5};
      for (std::size_t k = 0; k < shares.size(); ++k) {
        const auto e0 = found(shares.at(k));
        right.at(k) += e0 && std::abs(*e0 - mn) < within_eV ? 1 : 0;
      }
      for (const bool in_beam : {false, true}) {
        xas::Scan scan{.name = "both"};
        scan.columns = {{"energy", "eV", {}}, {"i0", "", {}}, {"it", "", {}}, {"ifluor", "", {}}};
        scan.energy = 0;
        for (int i = 0; i < 300; ++i) {
          const double e = mn - 150 + i, mu = 0.5 + std::atan((e - mn) / 1.5) / std::numbers::pi;
          scan.columns[0].values.push_back(e);
          scan.columns[1].values.push_back(1e6);
          scan.columns[2].values.push_back(1e6 * std::exp(-0.4 - (in_beam ? mu : 0)) * (1 + noise * random.normal()));
          scan.columns[3].values.push_back(1e3 * (0.3 + (in_beam ? 0 : mu)) * (1 + noise * random.normal()));
        }
        const bool beam = xas::completed(scan, {}, false, mn).transmission;
        right.at(in_beam ? 3 : 2) += beam == in_beam ? 1 : 0;
      }
    }
    for (std::size_t k = 0; k < right.size(); ++k) {
      constexpr std::array what{"an edge of 20 times the noise", "a strong edge", "fluorescence", "transmission"};
      const double rate = right.at(k) / static_cast<double>(seeds);
      lowest = std::min(lowest, rate);
      detail += fmt::format("{} at {:g}: {:.2f}; ", what.at(k), noise, rate);
    }
  }
  return {.figures = {{seen / none}, {lowest}}, .detail = detail};
}

// ---- deglitching ----------------------------------------------------------------------------------------------------

// Spectra without glitches that lose a point, and glitches of twelve standard deviations that are found.
Outcome deglitch() {
  constexpr std::array noises{1e-4, 1e-3, 1e-2, 3e-2};
  constexpr int seeds = 100;
  std::vector<int> lost(noises.size() * seeds, 0), found(lost.size(), 0), placed(lost.size(), 0);
  core::parallel_for(static_cast<std::int64_t>(lost.size()), [&](std::int64_t k) {
    const auto at = static_cast<std::size_t>(k);
    const double noise = noises[at / seeds];
    core::RandomStream random{23, static_cast<std::uint64_t>(k)};
    // Sharp L3 and L2 lines of three points' width on steps, as counted: the noise is larger on the lines.
    xas::Scan scan{.name = "lines"};
    scan.columns = {{"energy", "eV", {}}, {"mu", "", {}}};
    scan.energy = 0;
    std::vector<double> curve_at;
    for (int i = 0; i < 400; ++i) {
      const double e = 840 + 0.1 * i;
      const auto line = [&](double centre, double height, double width) {
        return height / (1 + std::pow((e - centre) / width, 2));
      };
      const double curve = 1 + line(852.6, 6, 0.2) + line(854.3, 2, 0.35) + line(870.1, 2.5, 0.4) +
                           0.3 * (0.5 + std::atan((e - 853) / 0.3) / std::numbers::pi);
      curve_at.push_back(curve);
      scan.columns[0].values.push_back(e);
      scan.columns[1].values.push_back(curve + noise * std::sqrt(curve) * random.normal());
    }
    const auto replaced = [&](const xas::Scan& s) {
      xas::Channels channels = xas::usual_channels(s);
      channels.deglitch = true;
      return xas::make_spectrum(s, channels, "x").remarks.size();
    };
    lost[at] = replaced(scan) > 0 ? 1 : 0;
    for (const std::size_t row : {40UL, 220UL, 360UL}) {  // where the curve is smooth
      xas::Scan with = scan;
      constexpr double height = 12;
      with.columns[1].values[row] += height * noise * std::sqrt(curve_at[row]);
      ++placed[at];
      found[at] += replaced(with) > replaced(scan) ? 1 : 0;
    }
  });
  double clean = 0, hits = 0, all = 0;
  std::string by_noise;
  for (std::size_t n = 0; n < noises.size(); ++n) {
    const auto part = [&](const std::vector<int>& v) {
      const auto first = v.begin() + static_cast<std::ptrdiff_t>(n * seeds);
      return std::accumulate(first, first + seeds, 0);
    };
    by_noise += fmt::format("; {:g}: {} touched, {} of {} found", noises[n], part(lost), part(found), part(placed));
  }
  for (std::size_t k = 0; k < lost.size(); ++k) {
    clean += lost[k];
    hits += found[k];
    all += placed[k];
  }
  return {
      .figures = {{clean / static_cast<double>(lost.size())}, {hits / all}},
      .detail = fmt::format("{} clean spectra of sharp lines at 0.01 to 3 % of noise; {:.0f} glitches of 12 standard "
                            "deviations{}",
                            lost.size(), all, by_noise)};
}

}  // namespace

std::vector<Check> xas_reading_checks() {
  return {{"xas-cases", xas_cases}, {"edge-words", edge_words}, {"merge-rebin", merge_rebin}, {"deglitch", deglitch}};
}

}  // namespace lithoscope::validation
