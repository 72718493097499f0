// Package control is how people and programs ask a running recorder: health, status, metrics
// and marks over HTTP, on a socket in the ring's folder and, if asked for, on an address.
//
// Nouns: a Server is the listeners and their handler; a Status is what a recorder says of
// itself, in JSON; the metrics are the same and the recorded server's connections by service,
// state and idle time, in bounded numbers. Names of services come from strangers: the client
// library escapes them, and the table of them is bounded.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/parse/record"
)

// socketName is the socket in a ring's folder.
const socketName = "control.sock"

// A Status is what a recorder says of itself.
type Status struct {
	Target      string    `json:"target"`
	PID         int       `json:"pid"`
	Since       time.Time `json:"since"`
	Seeing      bool      `json:"seeing"`                // a reply came within the last half a minute
	LastReply   time.Time `json:"last_reply,omitzero"`   // zero = none came yet
	Failed      string    `json:"failed,omitempty"`      // the words of the last failure
	Records     int64     `json:"records"`               // written or waiting to be
	Failures    int64     `json:"failures"`              // of those, probes without a usable reply
	Clients     *int64    `json:"clients,omitempty"`     // the server's, of the last INFO
	MaxClients  *int64    `json:"maxclients,omitempty"`  // its limit
	Refused     *int64    `json:"refused,omitempty"`     // its rejected_connections
	Share       float64   `json:"server_share"`          // of the server's main thread that the probes take
	Ring        *Ring     `json:"ring,omitempty"`        // where there is one
	Trouble     string    `json:"trouble,omitempty"`     // why records cannot be written
	Waiting     int       `json:"waiting"`               // records that wait for the disk
	Lost        int64     `json:"lost"`                  // records given up for want of room
	TroubleFrom time.Time `json:"trouble_from,omitzero"` // since when
}

// A Ring is what the ring holds.
type Ring struct {
	Dir     string    `json:"dir"`
	Bytes   int64     `json:"bytes"`
	Members int       `json:"members"`
	Oldest  time.Time `json:"oldest,omitzero"`
	Dropped int64     `json:"dropped"`
	Pins    int       `json:"pins"`
}

// BlindAfter is how long a recorder without a reply still counts as seeing.
const BlindAfter = 30 * time.Second

// A Server answers what is asked of a recorder.
type Server struct {
	notes  chan capture.Note
	status func() Status
	gauges *gauges
	closed chan struct{}
	work   sync.WaitGroup
	ends   []func() // what Close ends
}

// New makes a Server that answers with status, which may be called from any goroutine. Its metrics
// carry target as a label unless that is empty: one process may record several servers.
func New(target string, status func() Status) *Server {
	return &Server{notes: make(chan capture.Note, 16), status: status, gauges: newGauges(target, status), closed: make(chan struct{})}
}

// Notes gives the marks that come in, for capture.Options.Notes.
func (s *Server) Notes() chan capture.Note { return s.notes }

// ListenIn answers on a socket in the folder, which only its owner may use: there marks are
// taken, too. A socket that is removed, with its folder or alone, is made anew within a few
// seconds.
func (s *Server) ListenIn(dir string) error {
	path := filepath.Join(dir, socketName)
	mux := s.readOnly()
	mux.HandleFunc("POST /mark", s.mark)
	srv, made, err := s.socket(path, mux)
	if err != nil {
		return err
	}
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		tick := time.NewTicker(socketCheck)
		defer tick.Stop()
		for {
			select {
			case <-s.closed:
				if srv != nil {
					srv.Close()
				}
				return
			case <-tick.C:
			}
			if now, err := os.Lstat(path); err == nil && made != nil && os.SameFile(now, made) {
				continue
			}
			if srv != nil {
				srv.Close() // removes what has the socket's name, so it comes first
			}
			srv, made, _ = s.socket(path, mux)
		}
	}()
	return nil
}

// socketCheck is between two looks whether the control socket is in its place.
const socketCheck = 2 * time.Second

// socket answers on a socket of that path, which is replaced, and tells which file it is.
func (s *Server) socket(path string, h http.Handler) (*http.Server, fs.FileInfo, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, nil, fmt.Errorf("no control socket: %w", err)
	}
	os.Chmod(path, 0o600)
	made, err := os.Lstat(path)
	if err != nil { // gone again
		made = nil
	}
	return serve(l, h), made, nil
}

// Listen answers on an address, HOST:PORT: health, status and metrics.
func (s *Server) Listen(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	srv := serve(l, s.readOnly())
	s.ends = append(s.ends, func() { srv.Close() })
	return nil
}

func serve(l net.Listener, h http.Handler) *http.Server {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: nil}
	go srv.Serve(l)
	return srv
}

// Close ends the listeners, and removes the socket.
func (s *Server) Close() {
	close(s.closed)
	s.work.Wait()
	for _, end := range s.ends {
		end()
	}
}

func (s *Server) readOnly() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if st := s.status(); !st.Seeing || st.Trouble != "" {
			http.Error(w, strings.Join([]string{st.Failed, st.Trouble}, " "), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(s.status())
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.gauges.registry, promhttp.HandlerOpts{}))
	return mux
}

// mark takes a note: its text is the body.
func (s *Server) mark(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(io.LimitReader(r.Body, capture.MaxNote+1))
	if err != nil || len(text) == 0 || len(text) > capture.MaxNote {
		http.Error(w, fmt.Sprintf("a mark is a text of 1 to %d bytes", capture.MaxNote), http.StatusBadRequest)
		return
	}
	select {
	case s.notes <- capture.Note{Text: record.MarkedBy + strings.ToValidUTF8(string(text), "\uFFFD"), Pin: true}:
		w.WriteHeader(http.StatusNoContent)
	case <-time.After(5 * time.Second):
		http.Error(w, "the recorder takes no marks just now", http.StatusServiceUnavailable)
	}
}

// ErrNoRecorder is the error of asking a folder that nobody records into.
var ErrNoRecorder = errors.New("no recorder is running in it")

// Ask gets the status of the recorder of a ring's folder.
func Ask(ctx context.Context, dir string) (Status, error) {
	var st Status
	body, err := request(ctx, dir, http.MethodGet, "/status", "")
	if err == nil {
		err = json.Unmarshal(body, &st)
	}
	return st, err
}

// Mark leaves a note with the recorder of a ring's folder, and keeps what is around it.
func Mark(ctx context.Context, dir, text string) error {
	_, err := request(ctx, dir, http.MethodPost, "/mark", text)
	return err
}

func request(ctx context.Context, dir, method, path, body string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var dialer net.Dialer
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", filepath.Join(dir, socketName))
	}}}
	req, err := http.NewRequestWithContext(ctx, method, "http://recorder"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return nil, ErrNoRecorder
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode >= 300 {
		err = errors.New(strings.TrimSpace(string(data)))
	}
	return data, err
}
