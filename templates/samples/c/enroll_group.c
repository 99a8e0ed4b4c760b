/*
 * Creates an enrollment group with the settings of your plan. Written by enrollkit; run it against Azure, or against
 * "enrollkit emulator start".
 *
 *   apt install gcc libcurl4-openssl-dev libssl-dev
 *   cc -o enroll_group {{>program}} -lcurl -lcrypto
 *   export DPS_CONNECTION_STRING='HostName=...;SharedAccessKeyName=...;SharedAccessKey=...'
 *   ./enroll_group
 *
 * The connection string is a secret, so it comes from the environment. For the emulator, "enrollkit emulator env"
 * prints it. The service refuses to create a group that exists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const char group_id[] = {{groupId}};
static const char group[] = {{groupJson}};
/* NULL: the roots of the system. */
static const char *trust = {{trust}};

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

/* A part of the connection string, by name. */
static char *part(const char *text, const char *name) {
  size_t length = strlen(name);
  while (text != NULL) {
    if (strncmp(text, name, length) == 0 && text[length] == '=') {
      size_t size = strcspn(text + length + 1, ";");
      char *value = calloc(size + 1, 1);
      if (value == NULL) fail("Out of memory.");
      return memcpy(value, text + length + 1, size);
    }
    text = strchr(text, ';');
    if (text != NULL) text++;
  }
  fail("Set DPS_CONNECTION_STRING to the connection string of your provisioning service.");
  return NULL;
}

/* The header with a shared access signature for the whole service, valid for an hour. */
static char *authorization(CURL *curl, const char *host, const char *policy, const char *key) {
  unsigned char secret[256], digest[EVP_MAX_MD_SIZE], signature[128];
  unsigned digest_size = 0;
  size_t key_size = strlen(key), text_size = 0;
  long expiry = (long)time(NULL) + 3600;
  char *resource = curl_easy_escape(curl, host, 0);
  char to_sign[1024];
  static char header[2048];
  int secret_size = key_size > 340 || key_size % 4 != 0
    ? -1
    : EVP_DecodeBlock(secret, (const unsigned char *)key, (int)key_size);
  if (secret_size < 0) fail("The key of DPS_CONNECTION_STRING is not base64.");
  while (key_size > 0 && key[--key_size] == '=') secret_size--;
  text_size = (size_t)snprintf(to_sign, sizeof to_sign, "%s\n%ld", resource, expiry);
  HMAC(EVP_sha256(), secret, secret_size, (const unsigned char *)to_sign, text_size, digest, &digest_size);
  EVP_EncodeBlock(signature, digest, (int)digest_size);
  char *escaped = curl_easy_escape(curl, (const char *)signature, 0);
  snprintf(header, sizeof header, "authorization: SharedAccessSignature sr=%s&sig=%s&se=%ld&skn=%s", resource, escaped,
    expiry, policy);
  curl_free(resource);
  curl_free(escaped);
  return header;
}

int main(void) {
  const char *connection_string = getenv("DPS_CONNECTION_STRING");
  char *host = part(connection_string, "HostName");
  char *policy = part(connection_string, "SharedAccessKeyName");
  char *key = part(connection_string, "SharedAccessKey");
  char url[2048];
  long status = 0;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL *curl = curl_easy_init();
  if (curl == NULL) fail("libcurl cannot be used.");
  char *escaped = curl_easy_escape(curl, group_id, 0);
  snprintf(url, sizeof url, "https://%s/enrollmentGroups/%s?api-version=2021-10-01", host, escaped);
  struct curl_slist *headers = curl_slist_append(NULL, "content-type: application/json");
  headers = curl_slist_append(headers, authorization(curl, host, policy, key));
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "PUT");
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, group);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
  /* What the service answers goes to standard error: it says why a group is refused. */
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, stderr);
  if (trust != NULL) curl_easy_setopt(curl, CURLOPT_CAINFO, trust);
  CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) fail(curl_easy_strerror(code));
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  fputc('\n', stderr);
  if (status != 200) fail("The service refused the group.");
  printf("created %s\n", group_id);
  curl_free(escaped);
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  free(host);
  free(policy);
  free(key);
  return 0;
}
