// A gateway to measure beside: the body of each POST goes to Kafka as it is, under the digest that a
// change has at a fixed place, and 200 is answered when Kafka has it. It keeps the defaults of Go's server
// and of franz-go (idempotent, acks=all) but for compression, which nobody uses in the measurement.
//
//	http-to-kafka BROKERS TOPIC
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// The longest body, in bytes.
	bodyMax = 1 << 20
	// Where the digest of the measured record begins and ends.
	digestStart, digestEnd = 51, 71
)

func main() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
}

func serve() error {
	if len(os.Args) != 3 {
		return fmt.Errorf("usage: %s BROKERS TOPIC", os.Args[0])
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(os.Args[1]),
		kgo.DefaultProduceTopic(os.Args[2]),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, gateway{client})
}

type gateway struct {
	client *kgo.Client
}

func (g gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil || len(body) < digestEnd {
		http.Error(w, "no change", http.StatusBadRequest)
		return
	}
	record := &kgo.Record{Key: body[digestStart:digestEnd], Value: body[1:]}
	if err := g.client.ProduceSync(r.Context(), record).FirstErr(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	}
}
