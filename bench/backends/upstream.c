/* The web app behind every router of the bench: one process, one epoll loop, as little work as a server can do.

   usage: upstream PORT ADDRESS...      GET /small (13 bytes), /10k, /1m; POST takes Content-Length bytes. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 16384, CONNECTIONS = 4096 };

struct answer { char *data; size_t size; };

struct connection {
    char head[HEAD_MAX];
    size_t filled;
    size_t body_left;
    const struct answer *out;
    size_t sent;
    int waits_for_write;
};

static struct answer small, medium, large;
static struct connection *connections[CONNECTIONS];
static char sink[262144];
static int poller;

static void fill(struct answer *answer, size_t body) {
    char head[256];
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                        "Cache-Control: no-store\r\nContent-Length: %zu\r\n\r\n", body);
    answer->size = (size_t)size + body;
    answer->data = malloc(answer->size);
    memcpy(answer->data, head, (size_t)size);
    memset(answer->data + size, 'x', body);
}

static void drop(int fd) {
    free(connections[fd]);
    connections[fd] = NULL;
    close(fd);
}

static int flush_out(int fd, struct connection *c) {
    while (c->out && c->sent < c->out->size) {
        ssize_t n = send(fd, c->out->data + c->sent, c->out->size - c->sent, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN) return -1;
            struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.fd = fd};
            c->waits_for_write = 1;
            return epoll_ctl(poller, EPOLL_CTL_MOD, fd, &e);
        }
        c->sent += (size_t)n;
    }
    c->out = NULL;
    if (c->waits_for_write) {
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
        c->waits_for_write = 0;
        return epoll_ctl(poller, EPOLL_CTL_MOD, fd, &e);
    }
    return 0;
}

static int answer(int fd, struct connection *c) {
    const char *path = memchr(c->head, ' ', c->filled);
    c->out = &small;
    if (path && !strncmp(path, " /10k", 5)) c->out = &medium;
    if (path && !strncmp(path, " /1m", 4)) c->out = &large;
    c->sent = 0;
    return flush_out(fd, c);
}

/* Consume whole requests from the head buffer; -1 when the connection is of no more use. */
static int serve(int fd, struct connection *c) {
    while (c->filled && !c->out && !c->body_left) {
        char *end = memmem(c->head, c->filled, "\r\n\r\n", 4);
        if (!end) return c->filled == HEAD_MAX ? -1 : 0;
        size_t head = (size_t)(end - c->head) + 4, body = 0;
        *end = 0;
        char *length = strcasestr(c->head, "\r\nContent-Length:");
        if (length) body = strtoul(length + 17, NULL, 10);
        *end = '\r';
        size_t here = c->filled - head < body ? c->filled - head : body;
        c->body_left = body - here;
        if (c->body_left) {
            c->filled = 0;
            return 0;
        }
        if (answer(fd, c) < 0) return -1;
        memmove(c->head, c->head + head + here, c->filled - head - here);
        c->filled -= head + here;
    }
    return 0;
}

static int readable(int fd, struct connection *c) {
    if (c->body_left) {
        ssize_t n = recv(fd, sink, c->body_left < sizeof sink ? c->body_left : sizeof sink, 0);
        if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
        c->body_left -= (size_t)n;
        return c->body_left ? 0 : answer(fd, c);
    }
    ssize_t n = recv(fd, c->head + c->filled, HEAD_MAX - c->filled, 0);
    if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
    c->filled += (size_t)n;
    return serve(fd, c);
}

static int listen_on(const char *address, int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    inet_pton(AF_INET, address, &at.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1024)) {
        perror(address);
        exit(1);
    }
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
    return fd;
}

static void take(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;
        if (fd < 0) return;
        if (fd >= CONNECTIONS) {
            close(fd);
            return;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connections[fd] = calloc(1, sizeof **connections);
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    fill(&small, 13);
    fill(&medium, 10240);
    fill(&large, 1048576);
    poller = epoll_create1(0);
    int highest_listener = 0;
    for (int i = 2; i < argc; i++) highest_listener = listen_on(argv[i], atoi(argv[1]));
    struct epoll_event events[256];
    for (;;) {
        int count = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd <= highest_listener) {
                take(fd);
                continue;
            }
            struct connection *c = connections[fd];
            if (!c) continue;
            int bad = 0;
            if (events[i].events & EPOLLOUT) bad = flush_out(fd, c) || serve(fd, c);
            if (!bad && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) bad = readable(fd, c);
            if (bad) drop(fd);
        }
    }
}
