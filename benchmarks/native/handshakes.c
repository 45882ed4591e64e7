/* A plain C loop over libssl: what the implementation `libssl` is held against, in the same process, on the same
 * contexts, step by step as tlsbench.workloads.exchange.shake_hands takes them.
 *
 *     cc -O2 -shared -fPIC -o handshakes.so handshakes.c -lssl -lcrypto
 */
#include <stdint.h>
#include <time.h>

#include <openssl/ssl.h>

enum { MOST_STEPS = 32, BUFFER_BYTES = 64 * 1024 };

struct end {
    SSL *ssl;
    BIO *in, *out;
    int64_t ns;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void make(struct end *end, SSL_CTX *context, const char *host)
{
    const int64_t began = now_ns();
    end->ssl = SSL_new(context);
    end->in = BIO_new(BIO_s_mem());
    end->out = BIO_new(BIO_s_mem());
    SSL_set_bio(end->ssl, end->in, end->out);
    if (host != NULL) {
        SSL_set_connect_state(end->ssl);
        SSL_set_tlsext_host_name(end->ssl, host);
        SSL_set1_host(end->ssl, host);
    } else {
        SSL_set_accept_state(end->ssl);
    }
    end->ns = now_ns() - began;
}

/* 1 when the handshake is complete, 0 if it waits, -1 on an error. */
static int step(struct end *end)
{
    const int64_t began = now_ns();
    const int result = SSL_do_handshake(end->ssl);
    const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(end->ssl, result);
    end->ns += now_ns() - began;
    return result == 1 ? 1 : error == SSL_ERROR_WANT_READ ? 0 : -1;
}

static int carry(struct end *from, struct end *to)
{
    static unsigned char buffer[BUFFER_BYTES];
    int carried = 0, length;
    while ((length = BIO_read(from->out, buffer, sizeof buffer)) > 0) {
        BIO_write(to->in, buffer, length);
        carried += length;
    }
    return carried;
}

static void read_tickets(struct end *end)
{
    static unsigned char buffer[BUFFER_BYTES];
    const int64_t began = now_ns();
    const int result = SSL_read(end->ssl, buffer, sizeof buffer);
    (void)SSL_get_error(end->ssl, result);
    end->ns += now_ns() - began;
}

static void drop(struct end *end)
{
    SSL_set_shutdown(end->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(end->ssl);
}

/* One full handshake. The times of both sides and of everything, in nanoseconds; 0 if it fails. */
int handshake(SSL_CTX *clients, SSL_CTX *servers, const char *host, int64_t times_ns[3])
{
    struct end client, server;
    int client_done = 0, server_done = 0, tickets = 0;
    const int64_t began = now_ns();
    make(&client, clients, host);
    make(&server, servers, NULL);
    for (int steps = 0; steps < MOST_STEPS && !(client_done && server_done); steps++) {
        if (!client_done)
            client_done = step(&client);
        carry(&client, &server);
        if (!server_done)
            server_done = step(&server);
        if (client_done < 0 || server_done < 0)
            break;
        if (carry(&server, &client) > 0)
            tickets = client_done;
    }
    if (tickets)
        read_tickets(&client);
    times_ns[0] = client.ns;
    times_ns[1] = server.ns;
    times_ns[2] = now_ns() - began;
    drop(&client);
    drop(&server);
    return client_done == 1 && server_done == 1;
}
