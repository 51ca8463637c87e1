/* Runs a fuzz target on stored inputs without libFuzzer: the given files and folders, or fuzz/corpus/<name>/ for a program named
 * fuzz_<name>. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run(const char *path) {
  FILE *f = fopen(path, "rbe");
  if (!f) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return -1;
  }
  static uint8_t bytes[1 << 20];
  size_t n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  uint8_t *exact = malloc(n ? n : 1); /* so that the sanitizer finds a read past the end */
  if (!exact) return -1;
  memcpy(exact, bytes, n);
  LLVMFuzzerTestOneInput(exact, n);
  free(exact);
  return 0;
}

/* A file, or every file of a folder; false when one cannot be read. */
static bool run_all(const char *path, int *count) {
  DIR *d = opendir(path);
  if (!d) {
    ++*count;
    return run(path) == 0;
  }
  bool good = true;
  for (struct dirent *e; (e = readdir(d));) {
    char inner[512];
    if (e->d_name[0] == '.') continue;
    snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
    good &= run(inner) == 0;
    ++*count;
  }
  closedir(d);
  return good;
}

int main(int argc, char **argv) {
  int count = 0;
  bool good = true;
  for (int i = 1; i < argc; i++) good &= run_all(argv[i], &count);
  if (argc == 1) {
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    char folder[256];
    snprintf(folder, sizeof folder, "fuzz/corpus/%s", strncmp(name, "fuzz_", 5) == 0 ? name + 5 : name);
    good = run_all(folder, &count);
  }
  printf("%d inputs\n", count);
  return good && count ? 0 : 1;
}
