/* Shared by the benchmarks of the database: measures the disk alone. */
#ifndef SB_BENCH_DISK_H
#define SB_BENCH_DISK_H

#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static inline void bench_sync(const char *dir) {
  char path[512], page[4096] = {0};
  snprintf(path, sizeof path, "%s/sync", dir);
  int fd = open(path, O_RDWR | O_CREAT, 0600), n = 0;
  for (int i = 0; i < 1024; i++) (void)!pwrite(fd, page, sizeof page, i * 4096);
  fsync(fd);
  int64_t started = clock_measure_us(), now = started;
  for (; now < started + 1000000; now = clock_measure_us(), n++) {
    (void)!pwrite(fd, page, sizeof page, n % 1024 * 4096);
    fdatasync(fd);
  }
  printf("disk: %.0f syncs of one page a second\n", n / ((double)(now - started) / 1e6));
  close(fd);
  unlink(path);
}

#endif
