// A webhook for custom allocation: decides which IoT hub a device is assigned to. Needs Go only.
//
//	go run {{>program}} [PORT]            (default: 7071)
//	enrollkit quickstart --yes --allocation-policy custom --webhook-url http://127.0.0.1:7071/
//
// A device that sends {"site": "..."} as its payload goes to the first hub whose name contains the site; any other goes
// to a hub by its registration ID. Put your own rule into allocate. On Azure, run it as an Azure function, behind https.
//
// Source: Microsoft Learn, "Understand custom allocation policies with Azure IoT Hub Device Provisioning Service".
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

const maxBytes = 256 * 1024

type request struct {
	Device struct {
		RegistrationID string          `json:"registrationId"`
		Payload        json.RawMessage `json:"payload"`
	} `json:"deviceRuntimeContext"`
	LinkedHubs []string `json:"linkedHubs"`
}

// allocate returns the host name of one of the linked hubs.
func allocate(asked request) string {
	var payload struct {
		Site string `json:"site"`
	}
	// A payload of another shape names no site.
	_ = json.Unmarshal(asked.Device.Payload, &payload)
	for _, hub := range asked.LinkedHubs {
		if payload.Site != "" && strings.Contains(strings.ToLower(hub), strings.ToLower(payload.Site)) {
			return hub
		}
	}
	digest := sha256.Sum256([]byte(asked.Device.RegistrationID))
	return asked.LinkedHubs[binary.BigEndian.Uint32(digest[:4])%uint32(len(asked.LinkedHubs))]
}

func answer(writer http.ResponseWriter, status int, body map[string]string) {
	writer.Header().Set("content-type", "application/json")
	writer.WriteHeader(status)
	_ = json.NewEncoder(writer).Encode(body)
}

func main() {
	port := "7071"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	http.HandleFunc("/", func(writer http.ResponseWriter, received *http.Request) {
		if received.Method != http.MethodPost {
			answer(writer, http.StatusMethodNotAllowed, map[string]string{"message": "Send a POST request."})
			return
		}
		var asked request
		body := http.MaxBytesReader(writer, received.Body, maxBytes)
		if err := json.NewDecoder(body).Decode(&asked); err != nil || asked.Device.RegistrationID == "" || len(asked.LinkedHubs) == 0 {
			answer(writer, http.StatusBadRequest,
				map[string]string{"message": "deviceRuntimeContext.registrationId and linkedHubs are required."})
			return
		}
		answer(writer, http.StatusOK, map[string]string{"iotHubHostName": allocate(asked)})
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Listening on http://%s/\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
