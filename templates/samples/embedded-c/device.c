/* Registers a device with DPS by its certificate, with the Azure SDK for Embedded C, and prints the hub. */
{{#telemetry}}
/* Then it sends a message to that hub. */
{{/telemetry}}
/*
 * Written by enrollkit; run it against Azure, or against "enrollkit emulator start". The SDK makes topics and names, and
 * reads answers; here, Eclipse Paho connects, and on a microcontroller whatever MQTT client its system has.
 *
 *   git clone --branch 1.5.0 https://github.com/Azure/azure-sdk-for-c
 *   apt install gcc libpaho-mqtt-dev
 *   cc -I azure-sdk-for-c/sdk/inc -o device {{>program}} azure-sdk-for-c/sdk/src/azure/core/az_{context,log,precondition,span}.c \
 *     azure-sdk-for-c/sdk/src/azure/core/az_json_*.c azure-sdk-for-c/sdk/src/azure/iot/az_iot_{common,hub_client,provisioning_client}.c \
 *     azure-sdk-for-c/sdk/src/azure/iot/az_iot_hub_client_telemetry.c azure-sdk-for-c/sdk/src/azure/platform/az_noplatform.c \
 *     -lpaho-mqtt3cs && ./device
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <MQTTClient.h>

#include <azure/az_core.h>
#include <azure/az_iot.h>

static char address[] = {{mqttUri}};
static char id_scope[] = {{idScope}};
static char registration_id[] = {{registrationId}};
/* The chain: the certificate of the device first, then its issuers. */
static const char chain[] = {{chain}};
static const char key[] = {{key}};
/* NULL: the roots of the system. */
static const char *trust = {{trust}};

static void check(int failed, const char *what) {
  if (!failed) return;
  fprintf(stderr, "%s failed.\n", what);
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
  options.keepAliveInterval = AZ_IOT_DEFAULT_MQTT_CONNECT_KEEPALIVE_SECONDS;
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

/* Leaves the hub and the name of the device there. */
static void register_device(char *hub, char *device_id, int size) {
  char client_id[128], user_name[512], topic[1024];
  az_iot_provisioning_client dps;
  check(az_result_failed(az_iot_provisioning_client_init(&dps, az_span_create_from_str(address),
          az_span_create_from_str(id_scope), az_span_create_from_str(registration_id), NULL)),
    "Preparing the registration");
  check(az_result_failed(az_iot_provisioning_client_get_client_id(&dps, client_id, sizeof client_id, NULL)),
    "Making the client ID");
  check(az_result_failed(az_iot_provisioning_client_get_user_name(&dps, user_name, sizeof user_name, NULL)),
    "Making the user name");
  MQTTClient client = connect_to(address, client_id, user_name);
  check(MQTTClient_subscribe(client, AZ_IOT_PROVISIONING_CLIENT_REGISTER_SUBSCRIBE_TOPIC, 1), "Subscribing");
  check(az_result_failed(az_iot_provisioning_client_register_get_publish_topic(&dps, topic, sizeof topic, NULL)),
    "Making the topic");
  for (;;) {
    char *answer_topic = NULL;
    int topic_length = 0;
    MQTTClient_message *answer = NULL;
    az_iot_provisioning_client_register_response response;
    publish(client, topic, "");
    check(MQTTClient_receive(client, &answer_topic, &topic_length, &answer, 60000), "Waiting for DPS");
    check(answer == NULL, "Waiting for DPS");
    check(az_result_failed(az_iot_provisioning_client_parse_received_topic_and_payload(&dps,
            az_span_create((uint8_t *)answer_topic, (int)strlen(answer_topic)),
            az_span_create((uint8_t *)answer->payload, answer->payloadlen), &response)),
      "Reading the answer");
    int is_complete = az_iot_provisioning_client_operation_complete(response.operation_status);
    if (is_complete) {
      if (response.operation_status != AZ_IOT_PROVISIONING_STATUS_ASSIGNED) {
        fprintf(stderr, "DPS did not assign the device: %.*s\n", answer->payloadlen, (char *)answer->payload);
        exit(1);
      }
      check(az_span_size(response.registration_state.assigned_hub_hostname) >= size
          || az_span_size(response.registration_state.device_id) >= size,
        "Reading the names");
      az_span_to_str(hub, size, response.registration_state.assigned_hub_hostname);
      az_span_to_str(device_id, size, response.registration_state.device_id);
    } else {
      sleep(response.retry_after_seconds);
      check(az_result_failed(az_iot_provisioning_client_query_status_get_publish_topic(
              &dps, response.operation_id, topic, sizeof topic, NULL)),
        "Making the topic");
    }
    MQTTClient_freeMessage(&answer);
    MQTTClient_free(answer_topic);
    if (is_complete) break;
  }
  disconnect(client);
}

int main(void) {
  char hub[512] = "", device_id[512] = "";
  register_device(hub, device_id, sizeof hub);
  printf("assigned %s %s\n", hub, device_id);
{{#telemetry}}
  char uri[1024], client_id[512], user_name[1536], topic[1024];
  az_iot_hub_client client;
  az_iot_message_properties properties;
  char property_text[] = "%24.ct=application%2Fjson&%24.ce=utf-8";
  snprintf(uri, sizeof uri, "ssl://%s%s", hub, strchr(hub, ':') == NULL ? ":8883" : "");
  check(az_result_failed(az_iot_hub_client_init(
          &client, az_span_create_from_str(hub), az_span_create_from_str(device_id), NULL)),
    "Preparing the connection to the hub");
  check(az_result_failed(az_iot_hub_client_get_client_id(&client, client_id, sizeof client_id, NULL)),
    "Making the client ID");
  check(az_result_failed(az_iot_hub_client_get_user_name(&client, user_name, sizeof user_name, NULL)),
    "Making the user name");
  check(az_result_failed(az_iot_message_properties_init(
          &properties, az_span_create_from_str(property_text), (int32_t)strlen(property_text))),
    "Making the properties");
  check(az_result_failed(
          az_iot_hub_client_telemetry_get_publish_topic(&client, &properties, topic, sizeof topic, NULL)),
    "Making the topic");
  MQTTClient mqtt = connect_to(uri, client_id, user_name);
  publish(mqtt, topic, "{\"temperature\":21.5}");
  printf("sent\n");
  disconnect(mqtt);
{{/telemetry}}
  return 0;
}
