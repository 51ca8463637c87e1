/* Runs a fuzz target over kept inputs without libFuzzer: the files given, or all of fuzz/corpus/<name>/ for a program
 * that is called <name> (replay/fuzz_http and replay/http both mean http). */
#include <dirent.h>
#include <errno.h>
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
  uint8_t *exact = malloc(n ? n : 1); /* so that a read past the end is seen */
  if (!exact) return -1;
  memcpy(exact, bytes, n);
  LLVMFuzzerTestOneInput(exact, n);
  free(exact);
  return 0;
}

int main(int argc, char **argv) {
  int count = 0, failed = 0;
  for (int i = 1; i < argc; i++, count++) failed += run(argv[i]) != 0;
  if (argc == 1) {
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    if (strncmp(name, "fuzz_", 5) == 0) name += 5;
    char folder[256], path[512];
    snprintf(folder, sizeof folder, "fuzz/corpus/%s", name);
    DIR *d = opendir(folder);
    if (!d) {
      fprintf(stderr, "%s: %s\n", folder, strerror(errno));
      return 1;
    }
    for (struct dirent *e; (e = readdir(d));) {
      if (e->d_name[0] == '.') continue;
      snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
      failed += run(path) != 0;
      count++;
    }
    closedir(d);
  }
  printf("%d inputs, %d unreadable\n", count, failed);
  return failed || count == 0;
}
