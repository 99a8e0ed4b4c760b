// Registers a device with DPS by its certificate over plain MQTT, and prints the hub that it is assigned to.
{{#telemetry}}
// Then it sends a message to that hub.
{{/telemetry}}
// Written by enrollkit; run it against Azure, or against "enrollkit emulator start".
//
//	go mod init device && go get github.com/eclipse/paho.mqtt.golang@v1.5.0
//	go run {{>program}}
//
// Source: Microsoft Learn, "Communicate with DPS using the MQTT protocol" and "Communicate with an IoT hub using the
// MQTT protocol".
package main

import (
	"crypto/tls"
{{#trust}}
	"crypto/x509"
{{/trust}}
	"encoding/json"
	"fmt"
	"log"
{{#trust}}
	"os"
{{/trust}}
	"regexp"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

const (
	address        = {{mqttAddress}}
	idScope        = {{idScope}}
	registrationID = {{registrationId}}
	// The chain: the certificate of the device first, then its issuers.
	chain = {{chain}}
	key   = {{key}}
)

type message struct {
	topic string
	text  []byte
}

type answer struct {
	OperationID       string `json:"operationId"`
	Status            string `json:"status"`
	RegistrationState struct {
		AssignedHub string `json:"assignedHub"`
		DeviceID    string `json:"deviceId"`
	} `json:"registrationState"`
}

// connect returns a connected client; it gives what it receives to the channel.
func connect(address, clientID, userName string, received chan<- message) mqtt.Client {
	certificate, err := tls.LoadX509KeyPair(chain, key)
	if err != nil {
		log.Fatal(err)
	}
	configuration := &tls.Config{Certificates: []tls.Certificate{certificate}}
{{#trust}}
	root, err := os.ReadFile({{trust}})
	if err != nil {
		log.Fatal(err)
	}
	configuration.RootCAs = x509.NewCertPool()
	configuration.RootCAs.AppendCertsFromPEM(root)
{{/trust}}
	options := mqtt.NewClientOptions().AddBroker("tls://" + address).SetClientID(clientID).SetUsername(userName).
		SetProtocolVersion(4).SetTLSConfig(configuration).SetAutoReconnect(false).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
			received <- message{m.Topic(), m.Payload()}
		})
	client := mqtt.NewClient(options)
	done(client.Connect())
	return client
}

func done(token mqtt.Token) {
	if !token.WaitTimeout(time.Minute) {
		log.Fatal("no answer within a minute")
	}
	if token.Error() != nil {
		log.Fatal(token.Error())
	}
}

// register returns what DPS answers in the end.
func register() answer {
	received := make(chan message, 8)
	client := connect(address, registrationID,
		idScope+"/registrations/"+registrationID+"/api-version=2019-03-31", received)
	defer client.Disconnect(250)
	done(client.Subscribe("$dps/registrations/res/#", 1, nil))
	body, _ := json.Marshal(map[string]string{"registrationId": registrationID})
	topic, retryAfter := "$dps/registrations/PUT/iotdps-register/?$rid=1", regexp.MustCompile(`retry-after=(\d+)`)
	for {
		done(client.Publish(topic, 1, false, body))
		select {
		case m := <-received:
			var got answer
			if err := json.Unmarshal(m.text, &got); err != nil {
				log.Fatal(err)
			}
			if !strings.HasPrefix(m.topic, "$dps/registrations/res/202/") {
				if got.Status != "assigned" {
					log.Fatalf("DPS did not assign the device: %s", m.text)
				}
				return got
			}
			wait := 3 * time.Second
			if found := retryAfter.FindStringSubmatch(m.topic); found != nil {
				wait, _ = time.ParseDuration(found[1] + "s")
			}
			time.Sleep(wait)
			topic = "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=" + got.OperationID
			body = []byte(" ")
		case <-time.After(time.Minute):
			log.Fatal("no answer within a minute")
		}
	}
}

func main() {
	log.SetFlags(0)
	state := register().RegistrationState
	fmt.Println("assigned", state.AssignedHub, state.DeviceID)
{{#telemetry}}

	address := state.AssignedHub
	if !strings.Contains(address, ":") {
		address += ":8883"
	}
	client := connect(address, state.DeviceID,
		state.AssignedHub+"/"+state.DeviceID+"/?api-version=2021-04-12", make(chan message, 8))
	body, _ := json.Marshal(map[string]float64{"temperature": 21.5})
	done(client.Publish("devices/"+state.DeviceID+"/messages/events/$.ct=application%2Fjson&$.ce=utf-8", 1, false, body))
	fmt.Println("sent")
	client.Disconnect(250)
{{/telemetry}}
}
