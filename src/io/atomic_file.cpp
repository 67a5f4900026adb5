#include "lithoscope/io/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::io {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void cannot_write(const std::string& path, std::string what, std::string found, std::string advice) {
  throw core::OutputError(
      {.what = std::move(what), .where = {.path = path}, .found = std::move(found), .advice = std::move(advice)});
}

mode_t file_mode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

// Into a new file beside `path`, whose name is returned: nobody's file is in the way.
std::string write_beside(const std::string& final_path, std::string_view bytes) {
  std::string path = final_path + ".part-XXXXXX";
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) cannot_write(final_path, "cannot be written", std::strerror(errno), "choose another place with --out");
  fchmod(fd, file_mode());
  std::size_t done = 0;
  bool failed = false;
  while (!failed && done < bytes.size()) {
    const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    failed = n <= 0;
    if (!failed) done += static_cast<std::size_t>(n);
  }
  failed = failed || fsync(fd) != 0;
  const int reason = errno;
  close(fd);
  if (failed) {
    unlink(path.c_str());
    cannot_write(final_path, "cannot be written whole", std::strerror(reason), "free some space, then run again");
  }
  return path;
}

void sync_directory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

std::string parent_of(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

}  // namespace

void write_file(const std::string& path, std::string_view bytes, Existing existing) {
  std::error_code error;
  if (existing == Existing::refuse && fs::exists(path, error)) {
    cannot_write(path, "exists already", "", "give another name, or --force to replace it");
  }
  const std::string part = write_beside(path, bytes);
  if (std::rename(part.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    unlink(part.c_str());
    cannot_write(path, "cannot take its name", std::strerror(reason), "choose another place with --out");
  }
  sync_directory(parent_of(path));
}

void refuse_existing_directory(const std::string& path, Existing existing) {
  std::error_code error;
  if (existing == Existing::refuse && fs::exists(path, error)) {
    cannot_write(path, "exists already", "", "give another folder with --out, or --force to replace it");
  }
}

StagedDirectory::StagedDirectory(const std::string& path, Existing existing, const std::string& marker,
                                 const std::string& kept)
    : final_path_(fs::path(path).lexically_normal().string()), kept_(kept) {
  while (final_path_.size() > 1 && final_path_.ends_with('/')) final_path_.pop_back();
  part_path_ = final_path_ + ".part";
  refuse_existing_directory(final_path_, existing);
  std::error_code probe;
  if (fs::exists(final_path_, probe)) {
    if (!fs::is_directory(final_path_) || (!fs::is_empty(final_path_) && !fs::exists(fs::path(final_path_) / marker))) {
      cannot_write(final_path_, "is not a run of ours, so --force does not replace it", "no " + marker + " in it",
                   "give another folder with --out");
    }
  }
  clear_leftover();
  std::error_code error;
  fs::create_directories(part_path_, error);
  if (error) cannot_write(part_path_, "cannot be made", error.message(), "give another folder with --out");
  lock_ = open(lock_path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (lock_ < 0 || flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    cannot_write(part_path_, "cannot be locked", std::strerror(errno), "give another folder with --out");
  }
}

std::string StagedDirectory::lock_path() const { return part_path_ + "/.lithoscope"; }

// What a killed run left holds our lock file, and nobody holds the lock.
void StagedDirectory::clear_leftover() const {
  std::error_code error;
  if (!fs::exists(part_path_, error)) return;
  const int leftover = open(lock_path().c_str(), O_WRONLY | O_CLOEXEC);
  if (leftover < 0) {
    cannot_write(part_path_, "is in the way and not ours to remove", "",
                 "move it away, or give another folder with --out");
  }
  const bool in_use = flock(leftover, LOCK_EX | LOCK_NB) != 0;
  close(leftover);
  if (in_use)
    cannot_write(part_path_, "is being written by another run", "", "wait, or give another folder with --out");
  remove_all_but_kept();
}

void StagedDirectory::remove_all_but_kept() const {
  std::error_code error;
  const bool keeps = !kept_.empty() && fs::exists(fs::path(part_path_) / kept_, error);
  if (!keeps) {
    fs::remove_all(part_path_, error);
    return;
  }
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(part_path_, error)) {
    if (entry.path().filename() != kept_ && entry.path() != lock_path()) others.push_back(entry.path());
  }
  for (const fs::path& other : others) fs::remove_all(other, error);
}

StagedDirectory::~StagedDirectory() {
  if (!committed_) remove_all_but_kept();
  if (lock_ >= 0) close(lock_);
}

void StagedDirectory::commit() {
  std::error_code gone;
  if (!kept_.empty()) fs::remove_all(fs::path(part_path_) / kept_, gone);
  unlink(lock_path().c_str());
  sync_directory(part_path_);
  if (fs::exists(final_path_)) {
    // Exchange in one step: at no moment is there no finished run under the name.
    if (renameat2(AT_FDCWD, part_path_.c_str(), AT_FDCWD, final_path_.c_str(), RENAME_EXCHANGE) != 0) {
      cannot_write(final_path_, "cannot be replaced", std::strerror(errno), "give another folder with --out");
    }
    std::error_code ignored;
    fs::remove_all(part_path_, ignored);
  } else if (std::rename(part_path_.c_str(), final_path_.c_str()) != 0) {
    cannot_write(final_path_, "cannot take its name", std::strerror(errno), "give another folder with --out");
  }
  committed_ = true;
  sync_directory(parent_of(final_path_));
}

}  // namespace lithoscope::io
