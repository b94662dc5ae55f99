/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Load the libzmq that is named and exchange messages by it: over inproc, over tcp, and with CURVE.
 * windows_arm64.py --try builds it, for Windows.
 */

#include <stdio.h>
#include <string.h>
#include <windows.h>

/* As in zmq.h */
enum { ZMQ_PULL = 7, ZMQ_PUSH = 8, ZMQ_POLLIN = 1 };
enum { ZMQ_LINGER = 17, ZMQ_RCVTIMEO = 27, ZMQ_SNDTIMEO = 28, ZMQ_LAST_ENDPOINT = 32 };
enum { ZMQ_CURVE_SERVER = 47, ZMQ_CURVE_PUBLICKEY = 48, ZMQ_CURVE_SECRETKEY = 49, ZMQ_CURVE_SERVERKEY = 50 };
enum { KEY = 41, COUNT = 1000, LIMIT_MS = 20000 };

typedef struct {
    void *socket;
    SOCKET fd;
    short events, revents;
} item_t;

#define FUNCTIONS(F)                                              \
    F(void, zmq_version, (int *, int *, int *))                   \
    F(int, zmq_has, (const char *))                               \
    F(int, zmq_errno, (void))                                     \
    F(const char *, zmq_strerror, (int))                          \
    F(void *, zmq_ctx_new, (void))                                \
    F(int, zmq_ctx_term, (void *))                                \
    F(void *, zmq_socket, (void *, int))                          \
    F(int, zmq_close, (void *))                                   \
    F(int, zmq_bind, (void *, const char *))                      \
    F(int, zmq_connect, (void *, const char *))                   \
    F(int, zmq_send, (void *, const void *, size_t, int))         \
    F(int, zmq_recv, (void *, void *, size_t, int))               \
    F(int, zmq_setsockopt, (void *, int, const void *, size_t))   \
    F(int, zmq_getsockopt, (void *, int, void *, size_t *))       \
    F(int, zmq_poll, (item_t *, int, long))                       \
    F(int, zmq_curve_keypair, (char *, char *))

#define DECLARE(result, name, arguments) static result(*name) arguments;
FUNCTIONS(DECLARE)

#define CHECK(holds)                                                                         \
    do {                                                                                     \
        if (!(holds)) {                                                                      \
            printf("line %d: %s: %s\n", __LINE__, #holds, zmq_strerror(zmq_errno()));        \
            return 1;                                                                        \
        }                                                                                    \
    } while (0)

static int set(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value);
}

static int exchange(void *context, const char *address, int curve)
{
    char server[2][KEY], client[2][KEY], endpoint[256], text[32], got[64];
    size_t size = sizeof endpoint;
    void *pull = zmq_socket(context, ZMQ_PULL), *push = zmq_socket(context, ZMQ_PUSH);
    CHECK(pull && push);
    CHECK(set(pull, ZMQ_RCVTIMEO, LIMIT_MS) == 0);
    CHECK(set(push, ZMQ_SNDTIMEO, LIMIT_MS) == 0);
    CHECK(set(push, ZMQ_LINGER, 0) == 0);
    if (curve) {
        CHECK(zmq_curve_keypair(server[0], server[1]) == 0);
        CHECK(zmq_curve_keypair(client[0], client[1]) == 0);
        CHECK(set(pull, ZMQ_CURVE_SERVER, 1) == 0);
        CHECK(zmq_setsockopt(pull, ZMQ_CURVE_SECRETKEY, server[1], KEY) == 0);
        CHECK(zmq_setsockopt(push, ZMQ_CURVE_SERVERKEY, server[0], KEY) == 0);
        CHECK(zmq_setsockopt(push, ZMQ_CURVE_PUBLICKEY, client[0], KEY) == 0);
        CHECK(zmq_setsockopt(push, ZMQ_CURVE_SECRETKEY, client[1], KEY) == 0);
    }
    CHECK(zmq_bind(pull, address) == 0);
    CHECK(zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    CHECK(zmq_connect(push, endpoint) == 0);
    for (int at = 0; at < COUNT; at++) {
        item_t item = {pull, 0, ZMQ_POLLIN, 0};
        int length = sprintf(text, "message %d", at);
        CHECK(zmq_send(push, text, length, 0) == length);
        CHECK(zmq_poll(&item, 1, LIMIT_MS) == 1);
        CHECK(zmq_recv(pull, got, sizeof got, 0) == length);
        CHECK(memcmp(got, text, length) == 0);
    }
    CHECK(zmq_close(pull) == 0);
    CHECK(zmq_close(push) == 0);
    printf("%d messages over %s%s\n", COUNT, endpoint, curve ? " with CURVE" : "");
    fflush(stdout);
    return 0;
}

int main(int count, char **arguments)
{
    int major, minor, patch;
    HMODULE library = LoadLibraryA(count > 1 ? arguments[1] : "libzmq.dll");
    if (!library) {
        printf("not loaded: %lu\n", GetLastError());
        return 1;
    }
#define FIND(result, name, arguments)                       \
    name = (void *)GetProcAddress(library, #name);          \
    if (!name) {                                            \
        puts("not exported: " #name);                       \
        return 1;                                           \
    }
    FUNCTIONS(FIND)
    zmq_version(&major, &minor, &patch);
    printf("libzmq %d.%d.%d, curve %d\n", major, minor, patch, zmq_has("curve"));
    fflush(stdout);
    void *context = zmq_ctx_new();
    CHECK(context);
    if (exchange(context, "inproc://here", 0) || exchange(context, "tcp://127.0.0.1:*", 0) ||
        exchange(context, "tcp://127.0.0.1:*", 1))
        return 1;
    CHECK(zmq_ctx_term(context) == 0);
    puts("everything came back");
    return 0;
}
