// Absorption files, normalisation and mixtures against stored results of Larch, and XDI's collection of bad files.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>

#include "check.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/xas/linear_combination.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "lithoscope/xas/scan_files.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string xas_path(const std::string& name) { return (fs::path(real_data()) / "xas" / name).string(); }

Json oracle() { return Json::parse(io::InputFile::open(xas_path("larch_oracle.json")).bytes()); }

struct Arrays {
  std::vector<double> energy, mu;
};

Arrays arrays_of(const xas::Scan& scan, const xas::Channels& channels) {
  Arrays out{.energy = scan.columns.at(scan.energy.value()).values, .mu = scan.find(channels.signal.at(0))->values};
  if (!channels.i0.empty()) {
    const auto& i0 = scan.find(channels.i0)->values;
    for (std::size_t i = 0; i < out.mu.size(); ++i) out.mu[i] /= i0[i];
  }
  return out;
}

Arrays in_order(const Arrays& data) {
  std::vector<std::size_t> order(data.energy.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return data.energy[i]; });
  Arrays out;
  for (const std::size_t i : order) {
    out.energy.push_back(data.energy[i]);
    out.mu.push_back(data.mu[i]);
  }
  return out;
}

// The oracle ran on energies in eV as the files hold them; Larch multiplies none, so a file in keV is another case.
struct Entry {
  std::string path, scan;
  xas::Channels channels;
};

std::string simplified(std::string text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) out += c;
  }
  return out;
}

// Which file and column a stored name means: "DIR/FILE [COLUMN[/I0]] [default|tuned]", "xasref_El", "flexpes LABEL".
std::optional<Entry> entry_of(const std::string& key) {
  if (key.starts_with("xasref_")) {
    const std::string element = key.substr(7);
    return Entry{xas_path("larch/xasref_" + element + "_foil_" + element + "_K.dat"), "", {.signal = {"mu"}}};
  }
  if (key.starts_with("flexpes ")) return Entry{xas_path("soft/flexpes_library.h5"), key.substr(8), {.signal = {"mu"}}};
  const auto words = io::split(key, ' ');
  Entry out{.path = xas_path(std::string{words[0]}), .scan = "", .channels = {}};
  if (words.size() > 1) {
    const auto parts = io::split(words[1], '/');
    out.channels.signal = {std::string{parts[0]}};
    if (parts.size() > 1) out.channels.i0 = parts[1];
  }
  return out;
}

const xas::Scan& labelled(const xas::ScanFile& file, const std::string& label) {
  // Of two records of one name the peer keeps the later one.
  for (const xas::Scan& scan : file.scans) {
    if (simplified(scan.name) == simplified(label + " (2)")) return scan;
  }
  for (const xas::Scan& scan : file.scans) {
    if (scan.name == label || simplified(scan.name) == simplified(label)) return scan;
  }
  // The FlexPES entries are named by label and detector.
  for (const xas::Scan& scan : file.scans) {
    const std::string detector = scan.fact("detector");
    if (!detector.empty() && simplified(label) == simplified(scan.name + " " + detector)) return scan;
  }
  return xas::scan_of(file, label);
}

bool same_digits(double found, double stored) { return std::abs(found - stored) <= 1e-8 * std::abs(stored) + 1e-12; }

struct Tally {
  int reproduced = 0, all = 0;
  std::string misses;
  void add(const std::string& name, bool good, const std::string& detail) {
    ++all;
    if (good) {
      ++reproduced;
    } else {
      misses += name + ": " + detail + "; ";
    }
  }
  Outcome outcome(const std::string& note) const {
    return {.figures = {{static_cast<double>(reproduced), static_cast<double>(all)}},
            .detail = note + (misses.empty() ? "" : "; missed: " + misses)};
  }
};

xas::EdgeSettings given_settings(const Json& stored) {
  return {.e0_eV = stored["e0"].get<double>(),
          .pre_from = stored["pre1"].get<double>(),
          .pre_to = stored["pre2"].get<double>(),
          .post_from = stored["norm1"].get<double>(),
          .post_to = stored["norm2"].get<double>(),
          .order = stored["nnorm"].get<int>()};
}

void compare_edge(Tally& tally, const std::string& name, const Arrays& data, const Json& stored,
                  const xas::EdgeSettings& settings) {
  const xas::EdgeFit fit = xas::fit_edge(data.energy, data.mu, {}, settings);
  bool good = same_digits(fit.e0_eV, stored["e0"]) && same_digits(fit.step.value, stored["edge_step"]);
  if (stored.contains("norm_max")) {
    double top = -1e300;
    for (std::size_t i = 0; i < data.mu.size(); ++i) top = std::max(top, (data.mu[i] - fit.pre[i]) / fit.step.value);
    good = good && same_digits(top, stored["norm_max"]);
  }
  tally.add(name, good,
            fmt::format("e0 {} for {}, step {:.10g} for {:.10g}", fit.e0_eV, stored["e0"].get<double>(), fit.step.value,
                        stored["edge_step"].get<double>()));
}

// A record that cannot be had is a miss, not the end of the check.
void attempt(Tally& tally, const std::string& name, const std::function<void()>& work) {
  try {
    work();
  } catch (const core::Error& error) {
    tally.add(name, false, error.what());
  }
}

void compare_file(Tally& tally, const std::string& key, const Json& values, const Entry& entry) {
  const xas::ScanFile file = xas::read_scan_file(io::InputFile::open(entry.path));
  const xas::Scan& scan = entry.scan.empty() ? file.scans.front() : labelled(file, entry.scan);
  const xas::Channels channels = entry.channels.signal.empty() ? xas::usual_channels(scan) : entry.channels;
  compare_edge(tally, key, arrays_of(scan, channels), values,
               key.ends_with(" tuned") ? given_settings(values) : xas::EdgeSettings{});
}

void compare_record(Tally& tally, const std::string& title, const std::string& name, const Json& values,
                    const xas::ScanFile& file) {
  const bool labelled_record = values["label"].is_string() && values["label"] != "None";
  const xas::Scan& scan = labelled(file, labelled_record ? values["label"].get<std::string>() : name);
  // Athena's count of terms is the polynomial's order to the peer, 2 where the project has none.
  xas::EdgeSettings settings = xas::stored_edge_settings(scan);
  settings.order = settings.order ? *settings.order + 1 : 2;
  // The peer leaves out the shift that Athena shows a record with.
  Arrays data = arrays_of(scan, {.signal = {"mu"}});
  const double shift = io::to_number(scan.fact("bkg_eshift")).value_or(0);
  for (double& e : data.energy) e = std::round((e - shift) * 1e8) / 1e8;
  compare_edge(tally, title, in_order(data), values, settings);
}

Outcome larch_oracle() {
  if (real_data().empty()) return {.no_data = true};
  const Json stored = oracle();
  Tally tally;
  int without_file = 0;
  for (const auto& [key, values] : stored["pre_edge"].items()) {
    if (!values.is_object()) continue;  // the peer raised an exception
    const auto entry = entry_of(key);
    if (!fs::exists(entry->path)) {
      ++without_file;
      continue;
    }
    attempt(tally, key, [&, &title = key, &numbers = values] { compare_file(tally, title, numbers, *entry); });
  }
  for (const auto& [project, records] : stored["athena"].items()) {
    const std::string path = xas_path("athena/" + project + ".prj");
    const std::string other = xas_path("lcf/" + project + ".prj");
    if (!fs::exists(path) && !fs::exists(other)) {
      ++without_file;
      continue;
    }
    const xas::ScanFile file = xas::read_scan_file(io::InputFile::open(fs::exists(path) ? path : other));
    for (const auto& [name, values] : records.items()) {
      const std::string title = project + ":" + name;
      attempt(tally, title,
              [&, &label = name, &numbers = values] { compare_record(tally, title, label, numbers, file); });
    }
  }
  return tally.outcome(fmt::format("e0 and edge step to 1e-8; {} stored entries have no file", without_file));
}

Outcome larch_lcf() {
  if (real_data().empty()) return {.no_data = true};
  const auto read = [](const std::string& name) {
    const xas::ScanFile file = xas::read_scan_file(io::InputFile::open(xas_path("lcf/larch_ex3_" + name + ".dat")));
    return xas::make_spectrum(file.scans.front(), xas::usual_channels(file.scans.front()), name);
  };
  xas::Spectrum unknown = read("unknown");
  // Every misfit over 0.001, all references fixed, 160 points from the last one below 11870 to the last below 12030.
  std::ranges::fill(unknown.variance, 1e-6);
  Tally tally;
  const Json stored = oracle()["lcf_ex3"];
  for (const auto& [key, values] : stored.items()) {
    std::vector<xas::ReferenceCurve> references;
    for (const auto digit : io::split(key, '-')) {
      const std::string name = "s" + std::string{digit};
      xas::Spectrum curve = read(name);
      // The peer interpolates linearly: the curve at the unknown's energies is what it fits with.
      xas::Spectrum linear = unknown;
      for (std::size_t i = 0; i < linear.energy_eV.size(); ++i) {
        const double e = std::clamp(linear.energy_eV[i], curve.energy_eV.front(), curve.energy_eV.back());
        const auto above = std::ranges::upper_bound(curve.energy_eV, e);
        const auto k = std::min(static_cast<std::size_t>(above - curve.energy_eV.begin()), curve.energy_eV.size() - 1);
        const double t = (e - curve.energy_eV[k - 1]) / (curve.energy_eV[k] - curve.energy_eV[k - 1]);
        linear.intensity[i] = (1 - t) * curve.intensity[k - 1] + t * curve.intensity[k];
      }
      std::ranges::fill(linear.variance, 0);
      references.push_back({.name = name, .valence = {}, .spectrum = std::move(linear)});
    }
    const auto at_or_below = [&](double e) { return *(std::ranges::upper_bound(unknown.energy_eV, e) - 1); };
    const xas::MixtureModel model{
        std::move(references),
        {.from = at_or_below(11870), .to = at_or_below(12030), .reference_shift = 0, .reference_scale = 0, .shift = 0}};
    const xas::MixtureFit fit = model.fit(unknown);
    // A fit that stops within its own tolerance agrees to about 1e-6 with the exact minimum.
    const auto close = [](double found, double wanted) { return std::abs(found - wanted) <= 2e-6 * std::abs(wanted); };
    bool good = close(fit.chi_squared, values["chisqr"]) && close(fit.reduced_chi_squared, values["redchi"]) &&
                close(fit.akaike, values["aic"]) && close(fit.bayes, values["bic"]) &&
                fit.points == values["ndata"].get<std::int64_t>();
    for (const xas::Share& share : fit.shares) {
      const Json& weight = values["weights"][share.name];
      good = good && std::abs(share.share.value - weight[0].get<double>()) < 1e-6 &&
             std::abs(share.share.sigma() - weight[1].get<double>()) < 1e-6;
    }
    tally.add(key, good,
              fmt::format("chi2 {:.6f} for {:.6f}, first {:.8f}({:.8f})", fit.chi_squared,
                          values["chisqr"].get<double>(), fit.shares[0].share.value, fit.shares[0].share.sigma()));
  }
  return tally.outcome("chi squared, AIC, BIC to 2e-6, shares and errors to 1e-6");
}

Outcome xdi_bad() {
  if (real_data().empty()) return {.no_data = true};
  Tally tally;
  const auto told = io::InputFile::open(xas_path("xdi/bad/BadFiles.txt"));
  for (const auto line : io::lines_of(told.bytes())) {
    if (!line.starts_with("bad_")) continue;
    const std::string name{line.substr(0, line.find(' '))};
    const bool refuse = line.find("error msg") != std::string_view::npos;
    // Notes 1, 2, 3 and 7: a warning; the others only tolerate.
    bool warn = false;
    for (const char* note : {"read(1)", "read(2)", "read(3)", "read(7)"})
      warn = warn || line.find(note) != std::string_view::npos;
    std::string found;
    bool good = false;
    try {
      const xas::ScanFile file = xas::read_scan_file(io::InputFile::open(xas_path("xdi/bad/" + name)));
      found = fmt::format("read with {} remarks", file.scans.front().remarks.size());
      const bool told_off = !file.scans.front().remarks.empty();
      const bool clean = line.find("  valid xdi file") != std::string_view::npos;
      good = !refuse && (warn ? told_off : true) && !(clean && told_off);
    } catch (const core::UnreadableFile& error) {
      found = error.what();
      good = refuse && error.facts().where.line.has_value() && !error.facts().expected.empty();
    }
    tally.add(name, good, found);
  }
  return tally.outcome("refused with the line, warned or read, as BadFiles.txt says");
}

}  // namespace

std::vector<Check> xas_oracle_checks() {
  return {{"larch-oracle", larch_oracle}, {"larch-lcf", larch_lcf}, {"xdi-bad", xdi_bad}};
}

}  // namespace lithoscope::validation
