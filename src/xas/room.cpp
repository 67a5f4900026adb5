// What the house sees of this room: the probes `xas`, `valence` and `selfabs`.
#include <fmt/format.h>

#include <algorithm>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/multiplet/references.hpp"
#include "lithoscope/xas/probes.hpp"
#include "lithoscope/xas/selfabs_run.hpp"
#include "lithoscope/xas/valence_run.hpp"
#include "lithoscope/xas/xas_run.hpp"
#include "room_parts.hpp"

namespace lithoscope::xas {

using probe::Context;
using probe::Measurement;

ScanChoice choice_of(const probe::Input& input) { return {.path = input.path, .scan = input.selector}; }

Reading reading_in(const Measurement& m) {
  Reading out = reading_of(probe::settings_in<ColumnSettings>(m, column_settings_table()),
                           probe::settings_in<NormalisationSettings>(m, normalisation_settings_table()));
  if (const probe::Input* align = m.one("align")) out.align = choice_of(*align);
  return out;
}

Matter matter_in(const Measurement& m) {
  constexpr double g_per_cm3 = 1e-3;
  return {.formula = m.sample.formula,
          .density_g_per_cm3 = m.sample.density_kg_per_m3 ? m.sample.density_kg_per_m3->value * g_per_cm3 : 0};
}

namespace {

// Columns of the other yield of the same file.
Reading fluorescence_reading(const Reading& reading, const std::string& signal, const std::string& i0) {
  Reading out = reading;
  out.fluorescence = true;
  out.channels->signal.clear();
  out.channels->i0 = i0;
  if (!signal.empty()) out.channels->signal = {signal};
  return out;
}

void add_source(result::Result& out, const std::string& role, const ScanChoice& choice, const std::string& format) {
  const bool known = std::ranges::any_of(
      out.sources, [&](const result::Source& s) { return s.role == role && s.path == choice.path; });
  if (!known) out.sources.push_back({.role = role, .path = choice.path, .format = format, .sha256 = {}});
}

const probe::Input& only_file(const Measurement& m) {
  const auto& files = m.of("files");
  if (files.size() == 1) return files.front();
  throw core::UsageError(
      {.what = "--write takes one spectrum", .expected = "one FILE", .found = std::to_string(files.size())});
}

probe::Role align_role() {
  return {.name = "align",
          .help = "FILE or FILE:SCAN onto whose shape the spectra are moved in energy",
          .many = false,
          .selectable = true};
}

}  // namespace

std::vector<probe::Export> spectrum_exports(WriteSpectrum xdi, WriteSpectrum nexus) {
  return {{.name = "xdi", .format = "XDI text", .endings = {"xdi"}, .write = xdi},
          {.name = "nxs", .format = "NeXus", .endings = {"nxs", "h5"}, .write = nexus}};
}

// ---- xas ------------------------------------------------------------------------------------------------------------

XasStudy xas_study_in(const Measurement& m) {
  XasStudy out{.files = {},
               .readings = {reading_in(m)},
               .compare = probe::settings_in<CompareSettings>(m, compare_settings_table()),
               .features = {},
               .sight = probe::settings_in<SightSettings>(m, sight_settings_table()),
               .matter = matter_in(m)};
  for (const probe::Input& input : m.of("files")) out.files.push_back(choice_of(input));
  for (const std::string& text : probe::settings_in<XasSettings>(m, xas_settings_table()).feature)
    out.features.push_back(parse_feature(text));
  const auto columns = probe::settings_in<ColumnSettings>(m, column_settings_table());
  // A study that names both yields gets both.
  if (columns.signal.empty() && !columns.tey.empty() && !columns.tfy.empty())
    out.readings.push_back(fluorescence_reading(out.readings.front(), columns.tfy, out.readings.front().channels->i0));
  return out;
}

namespace {

result::Result reduce_xas(const Measurement& m, Context& context) {
  const XasStudy study = xas_study_in(m);
  XasOutcome outcome = run_xas(study);
  if (const result::Result* before = context.partner()) {
    compare_with(outcome, spectra_of(*before), study.compare,
                 [&](const Spectrum& after) { return reference_directions(after, context.progress); });
  }
  result::Result out = describe(outcome);
  for (std::size_t i = 0; i < study.files.size(); ++i)
    add_source(out, "files", study.files[i], outcome.spectra[i].read.format);
  return out;
}

Spectrum normalised_spectrum(const Measurement& m) {
  return read_spectrum(choice_of(only_file(m)), reading_in(m)).normalised.spectrum;
}

std::string xas_xdi(const Measurement& m, Context&) { return xdi_text(normalised_spectrum(m)); }
std::string xas_nexus(const Measurement& m, Context&) { return nxdata_file(normalised_spectrum(m)); }

std::string columns_line(const Scan& scan) {
  std::string out;
  for (const ScanColumn& c : scan.columns)
    out += fmt::format("{}{}{}", out.empty() ? "" : ", ", c.name, c.unit.empty() ? "" : " [" + c.unit + "]");
  return out;
}

std::string print_list(const Measurement& m, const std::string&, Context&) {
  std::string out;
  for (const probe::Input& input : m.of("files")) {
    const ScanFile file = read_scan_file(io::InputFile::open(input.path));
    out += fmt::format("{}: {}, {} scan{}\n", file.path, file.format, file.scans.size(),
                       file.scans.size() == 1 ? "" : "s");
    for (std::size_t i = 0; i < file.scans.size(); ++i) {
      const Scan& scan = file.scans[i];
      out += fmt::format("  {:>3} {:<24} {:<3} {:<4} {:>6} rows: {}\n", i + 1, scan.name, scan.element, scan.edge,
                         scan.rows(), columns_line(scan));
    }
  }
  return out;
}

// The plain table takes any text with numbers in columns: other rooms are asked before this one.
std::optional<probe::Identity> identify(const io::InputFile& file) {
  if (!is_scan_file(file)) return std::nullopt;
  const ScanFile scans = read_scan_file(file);
  std::int64_t rows = 0;
  std::string names;
  constexpr std::size_t most = 8;
  for (std::size_t i = 0; i < scans.scans.size(); ++i) {
    rows += scans.scans[i].rows();
    if (i < most) names += (i > 0 ? ", " : "") + scans.scans[i].name.substr(0, scans.scans[i].name.find('\n'));
  }
  if (scans.scans.size() > most) names += ", ...";
  return probe::Identity{
      .format = scans.format,
      .facts = {{"scans", std::to_string(scans.scans.size())}, {"rows", std::to_string(rows)}, {"names", names}},
      .remarks = {"litho xas --list says more."}};
}

std::string role_of_file(const io::InputFile& file) { return is_scan_file(file) ? "files" : ""; }

probe::Probe xas_probe() {
  return {.name = "xas",
          .help = "Absorption spectra: normalise, compare before and after, features, components",
          .version = "1",
          .roles = {{.name = "files",
                     .help = "FILE or FILE:SCAN; three or more of one edge are a series",
                     .required = true,
                     .selectable = true},
                    align_role()},
          .settings = probe::joined(
              {core::setting_infos(xas_settings_table(), "Features"), reading_settings(),
               core::setting_infos(compare_settings_table(),
                                   "What may differ between before and after for other reasons than chemistry"),
               core::setting_infos(sight_settings_table(), "How deep the yields see")}),
          .sample = {"formula", "density"},
          .partner = true,
          .runs_over = "edge",
          .instrument = beam_settings(),
          .reduce = reduce_xas,
          .predict = predict_features,
          .synthesize = synthesize_file,
          .identify = identify,
          .exports = spectrum_exports(xas_xdi, xas_nexus),
          .printouts = {{.name = "list", .help = "Print which scans and columns the files hold", .print = print_list}},
          .role_of = role_of_file,
          .title = "Absorption"};
}

// ---- valence --------------------------------------------------------------------------------------------------------

std::vector<std::string> known_ions() {
  std::vector<std::string> out;
  for (const multiplet::Reference& r : multiplet::references()) out.push_back(r.ion.name());
  return out;
}

MixtureSettings mixture_in(const Measurement& m, bool computed) {
  return probe::settings_in<MixtureSettings>(m, mixture_settings_table(),
                                             computed ? mixture_of_computed() : MixtureSettings{});
}

void add_references(const Measurement& m, const std::vector<std::string>& ions, ValenceStudy& study) {
  for (const probe::Input& input : m.of("reference")) {
    study.references.push_back(input.builtin ? parse_ion_reference(input.path)
                                             : file_reference(input.path, input.selector));
  }
  for (const std::string& typed : ions) {
    for (const std::string_view ion : io::split(typed, ',')) {
      if (!core::trimmed(ion).empty()) study.references.push_back(parse_ion_reference(std::string{core::trimmed(ion)}));
    }
  }
}

ValenceStudy valence_study_in(const Measurement& m) {
  const auto own = probe::settings_in<ValenceSettings>(m, valence_settings_table());
  const auto columns = probe::settings_in<ColumnSettings>(m, column_settings_table());
  const probe::Input* file = m.one("files");
  const probe::Input* other = m.one("fluorescence");
  ValenceStudy out{.file = choice_of(*file),
                   .fluorescence = {},
                   .reading = reading_in(m),
                   .fluorescence_reading = {},
                   .references = {},
                   .mixture = mixture_in(m, !own.ions.empty()),
                   .combinations = static_cast<std::size_t>(own.combinations),
                   .matter = matter_in(m),
                   .sight = probe::settings_in<SightSettings>(m, sight_settings_table()),
                   .depth = probe::settings_in<DepthSettings>(m, depth_settings_table())};
  const std::string signal = own.fluorescence_signal.empty() ? columns.tfy : own.fluorescence_signal;
  const std::string i0 = own.fluorescence_i0.empty() ? columns.monitor : own.fluorescence_i0;
  out.fluorescence_reading = fluorescence_reading(out.reading, signal, i0);
  if (other != nullptr) out.fluorescence = choice_of(*other);
  // A study that names both yields has both in one file.
  if (other == nullptr && columns.signal.empty() && !columns.tey.empty() && !columns.tfy.empty())
    out.fluorescence = out.file;
  add_references(m, own.ions, out);
  return out;
}

result::Result reduce_valence(const Measurement& m, Context& context) {
  ValenceStudy study = valence_study_in(m);
  if (const result::Result* before = context.partner()) study.before = mixed_spectra(*before);
  const ValenceOutcome outcome = run_valence(study, context.progress);
  result::Result out = describe(outcome);
  add_source(out, "files", study.file, outcome.measured.front().format);
  if (m.one("fluorescence") != nullptr)
    add_source(out, "fluorescence", *study.fluorescence, outcome.measured.back().format);
  return out;
}

// With computed references they are on, and only what is given changes that.
std::vector<core::SettingInfo> mixture_infos() {
  auto out = core::setting_infos(mixture_settings_table(), "The mixture");
  for (core::SettingInfo& info : out) {
    const bool by_ions = info.name == "free_scale" || info.name == "offset" || info.name == "slope";
    const bool prior = info.name == "bend" || info.name == "tilt";
    if (!by_ions && !prior) continue;
    info.otherwise = {};
    info.unset = by_ions               ? "as the normalisation took off; yes with ions"
                 : info.name == "bend" ? "0; 0.1 with ions"
                                       : "0; 0.003 with ions";
  }
  return out;
}

std::vector<core::SettingInfo> reference_infos() {
  auto out = core::setting_infos(valence_settings_table(), "References and yields");
  std::ranges::find(out, std::string{"ions"}, &core::SettingInfo::name)->commas = true;
  return out;
}

probe::Probe valence_probe() {
  return {
      .name = "valence",
      .help = "A spectrum as a mixture of references; surface and bulk valence",
      .version = "1",
      .roles = {{.name = "files",
                 .help = "FILE or FILE:SCAN; the electron yield where there are two",
                 .required = true,
                 .many = false,
                 .selectable = true},
                {.name = "fluorescence",
                 .help = "The partial fluorescence of the same sample: a surface layer is sought",
                 .many = false,
                 .selectable = true},
                {.name = "reference",
                 .help = "FILE=VALENCE or FILE:SCAN=VALENCE, normalised like the spectrum, or an ion; may be repeated",
                 .selectable = true,
                 .builtin = known_ions()},
                align_role()},
      .settings = probe::joined({reference_infos(), reading_settings(), mixture_infos(),
                                 core::setting_infos(sight_settings_table(), "How deep the yields see"),
                                 core::setting_infos(depth_settings_table(), "The surface layer")}),
      .sample = {"formula", "density"},
      .partner = true,
      .runs_over = "edge",
      .instrument = beam_settings(),
      .reduce = reduce_valence,
      .predict = predict_valences,
      .synthesize = synthesize_file,
      .title = "Valence"};
}

// ---- selfabs --------------------------------------------------------------------------------------------------------

SelfAbsorptionStudy self_absorption_in(const Measurement& m) {
  SelfAbsorptionStudy out =
      self_absorption_study(probe::settings_in<SelfAbsorptionSettings>(m, self_absorption_settings_table()));
  out.file = choice_of(*m.one("files"));
  if (const probe::Input* second = m.one("second")) out.second = choice_of(*second);
  out.reading = reading_in(m);
  out.formula = m.sample.formula;
  return out;
}

result::Result reduce_selfabs(const Measurement& m, Context&) {
  const SelfAbsorptionStudy study = self_absorption_in(m);
  const SelfAbsorptionOutcome outcome = run_self_absorption(study);
  result::Result out = describe(outcome);
  add_source(out, "files", study.file, outcome.signal.format);
  if (outcome.second) add_source(out, "second", *study.second, outcome.second->format);
  return out;
}

// What is worth writing; a correction that is refused is not.
Spectrum written_spectrum(const Measurement& m) {
  const SelfAbsorptionStudy study = self_absorption_in(m);
  if (study.task == SelfAbsorptionTask::demonstrate) {
    throw core::UsageError({.what = "--write has nothing to write of a demonstration",
                            .expected = "--json or --out, which hold all curves",
                            .found = "--write"});
  }
  const SelfAbsorptionOutcome outcome = run_self_absorption(study);
  if (outcome.attenuation) return *outcome.attenuation;
  const Corrected& corrected = *outcome.corrected;
  if (corrected.verdict.trusted) return corrected.spectrum;
  throw core::UnusableData({.what = "the correction is refused and not written",
                            .where = {.path = study.file.path},
                            .expected = "a correction that can be trusted",
                            .found = corrected.verdict.reason,
                            .advice = {}});
}

std::string selfabs_xdi(const Measurement& m, Context&) { return xdi_text(written_spectrum(m)); }
std::string selfabs_nexus(const Measurement& m, Context&) { return nxdata_file(written_spectrum(m)); }

probe::Probe selfabs_probe() {
  return {.name = "selfabs",
          .help = "Self-absorption of fluorescence: correct it with a verdict, or show it",
          .version = "1",
          .roles = {{.name = "files",
                     .help = "FILE or FILE:SCAN, the fluorescence; with demonstrate the true absorption",
                     .required = true,
                     .many = false,
                     .selectable = true},
                    {.name = "second",
                     .help = "A yield that is not absorbed, such as electrons; or the same line at another geometry",
                     .many = false,
                     .selectable = true},
                    align_role()},
          .settings = probe::joined(
              {core::setting_infos(self_absorption_settings_table(), "Sample and geometry"), reading_settings()}),
          .sample = {"formula"},
          .runs_over = "edge",
          .reduce = reduce_selfabs,
          .exports = spectrum_exports(selfabs_xdi, selfabs_nexus),
          .title = "Self-absorption"};
}

}  // namespace

std::vector<probe::Probe> probes() { return {xas_probe(), valence_probe(), selfabs_probe()}; }

}  // namespace lithoscope::xas
