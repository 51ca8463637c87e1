/* Pending acknowledgements. See sio.h. */
#include "net/sio_internal.h"

#include <stdlib.h>

static struct sio_waiting_ack *take(sio_socket *s, int64_t id) {
  struct sio_waiting_ack **at = &s->acks;
  while (*at && (*at)->id != id) at = &(*at)->next;
  struct sio_waiting_ack *w = *at;
  if (!w) return NULL;
  *at = w->next;
  s->acks_count--;
  return w;
}

static void finish(struct sio_waiting_ack *w, const struct sio_event *answer) {
  net_timer_stop(&w->timer);
  w->answered(w->arg, answer);
  mem_free(&w);
}

void sio_take_ack(sio_socket *s, const struct sio_event *answer) {
  struct sio_waiting_ack *w = take(s, answer->ack);
  if (w) finish(w, answer); /* otherwise the answer came too late */
}

void sio_drop_acks(sio_socket *s) {
  while (s->acks) finish(take(s, s->acks->id), NULL);
}

static void timed_out(void *arg) {
  struct sio_waiting_ack *w = arg;
  finish(take(w->socket, w->id), NULL);
}

struct asking_ctx {
  sio_socket *socket;
  sio_packet *packet;
  int64_t id;
  int timeout_ms;
  void (*answered)(void *arg, const struct sio_event *answer);
  void *arg;
};

static void ask(const struct asking_ctx *a) {
  sio_socket *s = a->socket;
  if (s->state == SIO_GONE || s->acks_count >= s->hub->io->config.acks_max) {
    a->answered(a->arg, NULL);
    return;
  }
  struct sio_waiting_ack *w = mem_alloc(sizeof *w);
  *w = (struct sio_waiting_ack){.next = s->acks, .socket = s, .id = a->id, .answered = a->answered, .arg = a->arg};
  w->timer = net_timer_start(s->hub->loop, a->timeout_ms, 0, timed_out, w);
  s->acks = w;
  s->acks_count++;
  sio_deliver(s, a->packet, 0);
}

static void free_asking(struct asking_ctx *a) {
  sio_packet_unref(&a->packet);
  sio_socket_unref(&a->socket);
  mem_free(&a);
}

static void ask_posted(void *arg) {
  struct asking_ctx *a = arg;
  ask(a);
  free_asking(a);
}

void sio_emit_ack(sio_socket *s, const struct sio_message *m, int timeout_ms,
                  void (*answered)(void *arg, const struct sio_event *answer), void *arg) {
  struct asking_ctx *a = mem_alloc(sizeof *a);
  *a = (struct asking_ctx){sio_socket_ref(s), NULL, atomic_fetch_add(&s->next_ack, 1), timeout_ms, answered, arg};
  a->packet = sio_packet_build(SIO_EVENT, str_c(s->nsp->name), a->id, m);
  if (sio_on_loop(s)) {
    ask_posted(a);
  } else if (!eio_post(s->hub->io->eio, s->hub->index, ask_posted, a)) {
    answered(arg, NULL);
    free_asking(a);
  }
}
