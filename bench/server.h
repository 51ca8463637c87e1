/* Shared by the benchmarks of servers: starts a server that prints "…:PORT" in its first line, measures its memory and CPU time,
 * connects to it. Any error ends the program. */
#ifndef SB_BENCH_SERVER_H
#define SB_BENCH_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct process {
  pid_t pid;
  uint16_t port;
};

static inline int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

_Noreturn static inline void die(const char *what) {
  fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
  exit(1);
}

/* argv has eight elements; NULL follows the last word. */
static inline struct process start(const char *const argv[]) {
  int out[2];
  if (pipe(out) != 0) die("pipe");
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) {
    dup2(out[1], 1);
    close(out[0]);
    close(out[1]);
    char *args[8];
    memcpy(args, argv, sizeof args);
    execvp(args[0], args);
    perror(args[0]);
    _exit(127);
  }
  close(out[1]);
  char line[256] = "";
  size_t n = 0;
  while (n < sizeof line - 1 && read(out[0], line + n, 1) == 1 && line[n] != '\n') n++;
  line[n] = 0;
  const char *colon = strrchr(line, ':');
  if (!colon) die("the server did not say where it listens");
  return (struct process){pid, (uint16_t)strtoul(colon + 1, NULL, 10)};
}

static inline void stop(struct process p) {
  kill(p.pid, SIGTERM);
  waitpid(p.pid, NULL, 0);
}

/* Resident bytes that the process does not share. */
static inline int64_t resident(pid_t pid) {
  char path[64];
  long pages = 0, all = 0, shared = 0;
  snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
  FILE *f = fopen(path, "re");
  if (!f || fscanf(f, "%ld %ld %ld", &all, &pages, &shared) != 3) die(path);
  fclose(f);
  return (pages - shared) * sysconf(_SC_PAGESIZE);
}

/* CPU time of the process since its start. */
static inline double cpu_us(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *f = fopen(path, "re");
  if (!f || !fgets(text, sizeof text, f)) die(path);
  fclose(f);
  unsigned long user = 0, kernel = 0;
  const char *after = strrchr(text, ')');
  sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
  return (double)(user + kernel) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

static inline int dial(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (fd < 0) die("socket");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) die("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

#endif
