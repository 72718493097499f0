package timeline

// LargeQuery is the size in bytes from which a query buffer is followed: a server gives every
// client 16 KiB to read into, and more only for an argument that does not fit (networking.c).
const LargeQuery = 64 << 10

// query notes what a connection's query buffer holds.
func (t *connTable) query(i int32, bytes int64) {
	if bytes < LargeQuery {
		bytes = 0
	}
	more := &t.more[i]
	if bytes > 0 && more.query == 0 && more.queried == 0 {
		t.queries = append(t.queries, i)
	}
	more.query = bytes
}

// countQueries counts the large query buffers of each source, against those of the list before.
func (t *connTable) countQueries() {
	kept := t.queries[:0]
	for _, i := range t.queries {
		now, more := &t.now[i], &t.more[i]
		if now.src < 0 {
			continue
		}
		k := &t.count[now.src]
		k.Query += more.query
		switch {
		case more.queried == 0: // too new to compare
		case more.query >= more.queried:
			k.Filled++
		default:
			k.Emptied++
		}
		if more.queried = more.query; more.query > 0 {
			kept = append(kept, i)
		}
	}
	t.queries = kept
}
