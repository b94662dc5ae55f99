/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What libzmq costs when it is used from C: the limit for any binding.
 *
 *     limit LIBZMQ MODE SIZE N SAMPLES
 *
 * prints one line a sample: the nanoseconds of one operation. MODE is send, recv, both (inproc) or
 * trip (REQ/REP over tcp between two processes). The library is opened at run time and the few
 * functions are declared here, so that neither its headers nor a library to link with are needed.
 */

#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAIR = 0, REQ = 3, REP = 4 };
enum { LINGER = 17, SNDHWM = 23, RCVHWM = 24, LAST_ENDPOINT = 32 };

enum { PATIENCE_S = 60 };

static void *(*zmq_ctx_new) (void);
static void *(*zmq_socket) (void *, int);
static int (*zmq_setsockopt) (void *, int, const void *, size_t);
static int (*zmq_getsockopt) (void *, int, void *, size_t *);
static int (*zmq_bind) (void *, const char *);
static int (*zmq_connect) (void *, const char *);
static int (*zmq_send) (void *, const void *, size_t, int);
static int (*zmq_recv) (void *, void *, size_t, int);

static char *buffer;
static size_t size;

static void fail (const char *what)
{
    fprintf (stderr, "limit: %s\n", what);
    exit (1);
}

static void check (int rc, const char *what)
{
    if (rc < 0)
        fail (what);
}

static void load (const char *path)
{
    void *library = dlopen (path, RTLD_NOW);
    if (!library)
        fail (dlerror ());
#define FIND(name)                                                                                \
    do {                                                                                          \
        *(void **) &name = dlsym (library, #name);                                                \
        if (!name)                                                                                \
            fail ("no " #name);                                                                   \
    } while (0)
    FIND (zmq_ctx_new);
    FIND (zmq_socket);
    FIND (zmq_setsockopt);
    FIND (zmq_getsockopt);
    FIND (zmq_bind);
    FIND (zmq_connect);
    FIND (zmq_send);
    FIND (zmq_recv);
}

static void *make (void *context, int kind)
{
    const int none = 0;
    void *socket = zmq_socket (context, kind);
    if (!socket)
        fail ("zmq_socket");
    check (zmq_setsockopt (socket, LINGER, &none, sizeof none), "LINGER");
    check (zmq_setsockopt (socket, SNDHWM, &none, sizeof none), "SNDHWM");
    check (zmq_setsockopt (socket, RCVHWM, &none, sizeof none), "RCVHWM");
    return socket;
}

static void put (void *socket)
{
    check (zmq_send (socket, buffer, size, 0), "zmq_send");
}

static void get (void *socket)
{
    check (zmq_recv (socket, buffer, size, 0), "zmq_recv");
}

static double now (void)
{
    struct timespec at;
    clock_gettime (CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1e9 + at.tv_nsec;
}

static void report (double begin, long n, long sample)
{
    const double took = (now () - begin) / n;
    /* The first warms up. */
    if (sample)
        printf ("%.3f\n", took);
}

static void inproc (const char *mode, long n, long samples)
{
    void *context = zmq_ctx_new ();
    void *a = make (context, PAIR), *b = make (context, PAIR);
    const int sends = strcmp (mode, "recv") != 0, receives = strcmp (mode, "send") != 0;
    check (zmq_bind (a, "inproc://limit"), "zmq_bind");
    check (zmq_connect (b, "inproc://limit"), "zmq_connect");
    for (long sample = 0; sample <= samples; sample++) {
        for (long i = 0; !sends && i < n; i++)
            put (a);
        const double begin = now ();
        if (sends && receives)
            for (long i = 0; i < n; i++) {
                put (a);
                get (b);
            }
        else if (sends)
            for (long i = 0; i < n; i++)
                put (a);
        else
            for (long i = 0; i < n; i++)
                get (b);
        report (begin, n, sample);
        for (long i = 0; !receives && i < n; i++)
            get (b);
    }
}

static void echo (int in)
{
    char endpoint[256] = "";
    if (read (in, endpoint, sizeof endpoint - 1) <= 0)
        fail ("no endpoint");
    void *socket = make (zmq_ctx_new (), REP);
    check (zmq_connect (socket, endpoint), "zmq_connect");
    for (;;) {
        get (socket);
        put (socket);
    }
}

static void trip (long n, long samples)
{
    int ends[2];
    char endpoint[256];
    size_t length = sizeof endpoint;
    check (pipe (ends), "pipe");
    const pid_t child = fork ();
    check (child, "fork");
    if (!child) {
        alarm (PATIENCE_S);
        echo (ends[0]);
    }
    void *socket = make (zmq_ctx_new (), REQ);
    check (zmq_bind (socket, "tcp://127.0.0.1:*"), "zmq_bind");
    check (zmq_getsockopt (socket, LAST_ENDPOINT, endpoint, &length), "LAST_ENDPOINT");
    check (write (ends[1], endpoint, length) < 0 ? -1 : 0, "write");
    for (long sample = 0; sample <= samples; sample++) {
        const double begin = now ();
        for (long i = 0; i < n; i++) {
            put (socket);
            get (socket);
        }
        report (begin, n, sample);
    }
    kill (child, SIGKILL);
    waitpid (child, NULL, 0);
}

int main (int argc, char **argv)
{
    if (argc != 6)
        fail ("LIBZMQ MODE SIZE N SAMPLES");
    /* Neither process waits for the other for ever. */
    alarm (PATIENCE_S);
    load (argv[1]);
    size = (size_t) atol (argv[3]);
    buffer = calloc (1, size ? size : 1);
    const long n = atol (argv[4]), samples = atol (argv[5]);
    if (strcmp (argv[2], "trip") == 0)
        trip (n, samples);
    else
        inproc (argv[2], n, samples);
    fflush (stdout);
    /* Nothing is worth taking down in order. */
    _exit (0);
}
