package control

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A Group answers on one address for the recorders of several servers: the metrics of all, each
// with its target; a list of statuses; health where all are well.
type Group struct {
	mu  sync.Mutex
	all []*Server
	srv *http.Server
}

// NewGroup begins a group of none.
func NewGroup() *Group { return &Group{} }

// Add adds a recorder.
func (g *Group) Add(s *Server) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = append(g.all, s)
}

// Remove takes one out that has ended.
func (g *Group) Remove(s *Server) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = slices.DeleteFunc(g.all, func(one *Server) bool { return one == s })
}

func (g *Group) servers() []*Server {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.all)
}

// Listen answers on an address, HOST:PORT.
func (g *Group) Listen(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", g.health)
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		all := []Status{}
		for _, s := range g.servers() {
			all = append(all, s.status())
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(all)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		var all prometheus.Gatherers
		for _, s := range g.servers() {
			all = append(all, s.gauges.registry)
		}
		promhttp.HandlerFor(all, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	})
	g.srv = serve(l, mux)
	return nil
}

func (g *Group) health(w http.ResponseWriter, _ *http.Request) {
	all := g.servers()
	var ill []string
	for _, s := range all {
		if st := s.status(); !st.Seeing || st.Trouble != "" {
			ill = append(ill, strings.Join([]string{st.Target + ":", st.Failed, st.Trouble}, " "))
		}
	}
	if len(ill) > 0 || len(all) == 0 {
		http.Error(w, strings.Join(ill, "\n"), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// Close ends the listener.
func (g *Group) Close() { g.srv.Close() }
