// Results appear whole or not at all: written as .part, synced, renamed.
#pragma once

#include <string>
#include <string_view>

namespace lithoscope::io {

enum class Existing { refuse, replace };

/// Throws OutputError when the file exists and is not to be replaced, or cannot be written.
void write_file(const std::string& path, std::string_view bytes, Existing existing);

/// Throws OutputError when `path` exists and may not be replaced: for asking before long work.
void refuse_existing_directory(const std::string& path, Existing existing);

/// A directory that is filled as PATH.part and takes its name in one rename when committed. Dropped without commit,
/// it leaves nothing behind but `kept`. What a killed run left as PATH.part is replaced, except for its `kept` folder;
/// a PATH.part that is not ours, or in which another run is writing at this moment, is an OutputError.
class StagedDirectory {
 public:
  /// `marker` is a file every finished directory of this kind holds: an existing directory without it is somebody
  /// else's and is never replaced. Throws OutputError.
  /// `kept` is a folder inside that outlives an interrupted run and is no part of the finished one; empty: none.
  StagedDirectory(const std::string& path, Existing existing, const std::string& marker, const std::string& kept = {});
  ~StagedDirectory();
  StagedDirectory(const StagedDirectory&) = delete;
  StagedDirectory& operator=(const StagedDirectory&) = delete;

  const std::string& path() const { return part_path_; }  ///< where to write
  void commit();

 private:
  std::string lock_path() const;
  void clear_leftover() const;
  void remove_all_but_kept() const;
  std::string final_path_;
  std::string part_path_;
  std::string kept_;
  int lock_ = -1;  ///< held on a file inside while we write
  bool committed_ = false;
};

}  // namespace lithoscope::io
