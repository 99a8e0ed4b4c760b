/* Registers a device with DPS by its certificate over plain MQTT, and prints the hub that it is assigned to. */
{{#telemetry}}
/* Then it sends a message to that hub. */
{{/telemetry}}
/*
 * Written by enrollkit; run it against Azure, or against "enrollkit emulator start".
 *
 *   apt install gcc libpaho-mqtt-dev
 *   cc -o device {{>program}} -lpaho-mqtt3cs && ./device
 *
 * Source: Microsoft Learn, "Communicate with DPS using the MQTT protocol" and "Communicate with an IoT hub using the
 * MQTT protocol".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <MQTTClient.h>

static const char address[] = {{mqttUri}};
static const char id_scope[] = {{idScope}};
static const char registration_id[] = {{registrationId}};
/* The chain: the certificate of the device first, then its issuers. */
static const char chain[] = {{chain}};
static const char key[] = {{key}};
/* NULL: the roots of the system. */
static const char *trust = {{trust}};

static void check(int code, const char *what) {
  if (code == MQTTCLIENT_SUCCESS) return;
  fprintf(stderr, "%s failed: %s\n", what, MQTTClient_strerror(code) ? MQTTClient_strerror(code) : "refused");
  exit(1);
}

static MQTTClient connect_to(const char *uri, const char *client_id, const char *user_name) {
  MQTTClient client;
  MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  tls.keyStore = chain;
  tls.privateKey = key;
  tls.verify = 1;
  tls.enableServerCertAuth = 1;
  if (trust != NULL) tls.trustStore = trust;
  else tls.CApath = "/etc/ssl/certs";
  options.username = user_name;
  options.ssl = &tls;
  options.MQTTVersion = MQTTVERSION_3_1_1;
  check(MQTTClient_create(&client, uri, client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL), "Creating the client");
  check(MQTTClient_connect(client, &options), "Connecting");
  return client;
}

static void publish(MQTTClient client, const char *topic, const char *text) {
  MQTTClient_deliveryToken token;
  check(MQTTClient_publish(client, topic, (int)strlen(text), text, 1, 0, &token), "Publishing");
  check(MQTTClient_waitForCompletion(client, token, 60000), "Waiting for the acknowledgement");
}

static void disconnect(MQTTClient client) {
  MQTTClient_disconnect(client, 1000);
  MQTTClient_destroy(&client);
}

/* The text of a member of a JSON object, without escapes; empty if there is none. */
static void member(const char *json, const char *name, char *value, size_t size) {
  char wanted[64];
  const char *at;
  size_t length;
  snprintf(wanted, sizeof wanted, "\"%s\":\"", name);
  at = strstr(json, wanted);
  if (at != NULL) at += strlen(wanted);
  length = at == NULL ? 0 : strcspn(at, "\"");
  if (length >= size) length = 0;
  if (length > 0) memcpy(value, at, length);
  value[length] = '\0';
}

/* Leaves the hub and the name of the device there. */
static void register_device(char *hub, char *device_id, size_t size) {
  char user_name[512], topic[1024], body[512], operation[512];
  MQTTClient client;
  snprintf(user_name, sizeof user_name, "%s/registrations/%s/api-version=2019-03-31", id_scope, registration_id);
  client = connect_to(address, registration_id, user_name);
  check(MQTTClient_subscribe(client, "$dps/registrations/res/#", 1), "Subscribing");
  snprintf(topic, sizeof topic, "$dps/registrations/PUT/iotdps-register/?$rid=1");
  snprintf(body, sizeof body, "{\"registrationId\":\"%s\"}", registration_id);
  for (;;) {
    char *answer_topic = NULL;
    int topic_length = 0;
    MQTTClient_message *answer = NULL;
    publish(client, topic, body);
    check(MQTTClient_receive(client, &answer_topic, &topic_length, &answer, 60000), "Waiting for DPS");
    if (answer == NULL) {
      fprintf(stderr, "DPS did not answer within a minute.\n");
      exit(1);
    }
    char *text = malloc((size_t)answer->payloadlen + 1);
    if (text == NULL) exit(1);
    memcpy(text, answer->payload, (size_t)answer->payloadlen);
    text[answer->payloadlen] = '\0';
    if (strncmp(answer_topic, "$dps/registrations/res/202/", 27) == 0) {
      const char *wait = strstr(answer_topic, "retry-after=");
      sleep(wait == NULL ? 3 : (unsigned)atoi(wait + strlen("retry-after=")));
      member(text, "operationId", operation, sizeof operation);
      snprintf(topic, sizeof topic,
        "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=%s", operation);
      snprintf(body, sizeof body, " ");
    } else {
      member(text, "assignedHub", hub, size);
      member(text, "deviceId", device_id, size);
      if (hub[0] == '\0') {
        fprintf(stderr, "DPS did not assign the device: %s\n", text);
        exit(1);
      }
    }
    free(text);
    MQTTClient_freeMessage(&answer);
    MQTTClient_free(answer_topic);
    if (hub[0] != '\0') break;
  }
  disconnect(client);
}

int main(void) {
  char hub[512] = "", device_id[512] = "";
  register_device(hub, device_id, sizeof hub);
  printf("assigned %s %s\n", hub, device_id);
{{#telemetry}}
  char uri[1024], user_name[1536], topic[1024];
  snprintf(uri, sizeof uri, "ssl://%s%s", hub, strchr(hub, ':') == NULL ? ":8883" : "");
  snprintf(user_name, sizeof user_name, "%s/%s/?api-version=2021-04-12", hub, device_id);
  MQTTClient client = connect_to(uri, device_id, user_name);
  snprintf(topic, sizeof topic, "devices/%s/messages/events/$.ct=application%%2Fjson&$.ce=utf-8", device_id);
  publish(client, topic, "{\"temperature\":21.5}");
  printf("sent\n");
  disconnect(client);
{{/telemetry}}
  return 0;
}
