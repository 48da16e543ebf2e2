/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates made for a case: a root, and what it signs, as PEM files in the case's directory.
 */
#ifndef CERTIFICATES_H
#define CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "support/temp_dir.h"

struct authority {
    EVP_PKEY *key;
    X509 *certificate;
};

static inline void write_pem(const char *name, X509 *certificate, EVP_PKEY *key)
{
    char file[60];
    FILE *f;

    snprintf(file, sizeof file, "%s.pem", name);
    f = fopen(in_temp(file), "w");
    CHECK(f && PEM_write_X509(f, certificate) == 1 && fclose(f) == 0);
    snprintf(file, sizeof file, "%s.key", name);
    f = fopen(in_temp(file), "w");
    CHECK(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
}

static inline void extend(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, kind, value);

    CHECK(e && X509_add_ext(certificate, e, -1) == 1);
    X509_EXTENSION_free(e);
}

/* One named NAME, good until SECONDS from now, for the hosts ALTERNATIVE ("DNS:localhost"; NULL:
 * it is a root); signed by BY, or by itself. Writes NAME.pem and NAME.key. */
static inline struct authority certify(const char *name, long seconds, const char *alternative,
                                       const struct authority *by)
{
    static long serial;
    struct authority made = {EVP_EC_gen("P-256"), X509_new()};
    X509_NAME *subject = X509_get_subject_name(made.certificate);

    CHECK(made.key && made.certificate);
    X509_set_version(made.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), seconds);
    X509_set_pubkey(made.certificate, made.key);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(made.certificate,
                         by ? X509_get_subject_name(by->certificate) : subject);
    if (alternative)
        extend(made.certificate, NID_subject_alt_name, alternative);
    else
        extend(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    CHECK(X509_sign(made.certificate, by ? by->key : made.key, EVP_sha256()) > 0);
    write_pem(name, made.certificate, made.key);
    return made;
}

static inline void uncertify(struct authority *a)
{
    EVP_PKEY_free(a->key);
    X509_free(a->certificate);
}

/* "root", and by it "good" for localhost and 127.0.0.1, "expired", "other"; and "self". */
static inline void make_certificates(void)
{
    struct authority root = certify("root", 86400, NULL, NULL);
    struct authority made[] = {
        certify("good", 86400, "DNS:localhost,IP:127.0.0.1", &root),
        certify("expired", -3600, "DNS:localhost", &root),
        certify("other", 86400, "DNS:elsewhere.test", &root),
        certify("self", 86400, "DNS:localhost", NULL),
    };

    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        uncertify(&made[i]);
    uncertify(&root);
}

#endif
