// A gateway to measure beside: lines that come over TCP, VALUE or KEY and VALUE with a tab
// between, go to Kafka as they are. It keeps franz-go's defaults (idempotent, acks=all) but for compression,
// which nobody uses in the measurement, and answers nothing.
//
//	tcp-to-kafka LISTEN BROKERS TOPIC
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log"
	"net"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// The longest line, in bytes.
	lineMax = 1 << 20
	// Records that may wait for Kafka's answer before nothing more is read.
	bufferedMax = 200_000
)

func main() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
}

func serve() error {
	if len(os.Args) != 4 {
		return fmt.Errorf("usage: %s LISTEN BROKERS TOPIC", os.Args[0])
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(os.Args[2]),
		kgo.DefaultProduceTopic(os.Args[3]),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.MaxBufferedRecords(bufferedMax),
	)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go forward(connection, client)
	}
}

func forward(connection net.Conn, client *kgo.Client) {
	defer connection.Close()
	lines := bufio.NewScanner(connection)
	lines.Buffer(make([]byte, lineMax), lineMax)
	for lines.Scan() {
		// The client keeps the bytes until Kafka has them; the scanner uses its own again.
		record := &kgo.Record{Value: bytes.Clone(lines.Bytes())}
		if key, value, found := bytes.Cut(record.Value, []byte{'\t'}); found {
			record.Key, record.Value = key, value
		}
		client.Produce(context.Background(), record, delivered)
	}
	if err := lines.Err(); err != nil {
		log.Print(err)
	}
}

func delivered(_ *kgo.Record, err error) {
	if err != nil {
		log.Fatal(err)
	}
}
