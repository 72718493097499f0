package ring

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/connbox/connbox/parse"
)

// A member is one of the ring's bundles.
type member struct {
	path     string
	from, to time.Time // by its name and that of the next
	bytes    int64
	pinned   bool
}

// pinShare is how much of MaxSize pinned members may hold: what is beyond is removed like any
// other, the oldest first.
const pinShare = 0.5

// members lists what the ring holds, the oldest first, without the one that is recorded. What
// was kept of a damaged member counts as part of it.
func (r *Ring) members(now time.Time) []member {
	paths, _ := parse.RingMembers(r.opts.Dir)
	var all []member
	for i, path := range paths {
		m := member{path: path, from: memberBegan(path), to: now, bytes: folderSize(path) + folderSize(path+".damaged")}
		if i+1 < len(paths) {
			m.to = memberBegan(paths[i+1])
		} else if path == r.path && r.w != nil {
			continue
		}
		m.pinned = r.pins.covers(m.from, m.to)
		all = append(all, m)
	}
	return all
}

// memberBegan reads the time in a member's name; zero for a name of another form.
func memberBegan(path string) time.Time {
	at, _ := time.Parse(memberTime, strings.TrimSuffix(filepath.Base(path), ".connbox"))
	return at
}

// trim removes the oldest members while the ring holds too much. Pinned ones stay as long as
// they are no more than their share.
func (r *Ring) trim(now time.Time) {
	all := r.members(now)
	live := int64(0)
	if r.w != nil {
		live = folderSize(r.path)
	}
	total, pinned := live, int64(0)
	for _, m := range all {
		total += m.bytes
		if m.pinned {
			pinned += m.bytes
		}
	}
	kept := all[:0]
	for _, m := range all {
		why := r.tooMuch(m, now, total)
		mayGo := !m.pinned || r.opts.MaxSize > 0 && float64(pinned) > pinShare*float64(r.opts.MaxSize)
		if why == "" || !mayGo || r.remove(m, why) != nil {
			kept = append(kept, m)
			continue
		}
		total -= m.bytes
		if m.pinned {
			pinned -= m.bytes
		}
	}
	if len(kept) > 0 && r.pins.forget(kept[0].from) {
		r.pins.save(r.opts.Dir)
		r.countPins()
	}
}

// tooMuch says why a member, the oldest left, has to go; empty = it has not.
func (r *Ring) tooMuch(m member, now time.Time, total int64) string {
	switch {
	case r.opts.Keep > 0 && now.Sub(m.to) > r.opts.Keep:
		return whyAge
	case r.opts.MaxSize > 0 && total > r.opts.MaxSize:
		return whySize
	}
	if free, ok := freeShare(r.opts.Dir); ok && r.opts.Floor > 0 && free < r.opts.Floor {
		return fmt.Sprintf("%.1f %% of the disk are free", free*100)
	}
	return ""
}

// Why members are removed in the ordinary course: no mark says so.
const (
	whyAge  = "older than what is kept"
	whySize = "more than the size that is kept"
)

// remove drops a member. A reason that is not the ring's own is said in the recording.
func (r *Ring) remove(m member, why string) error {
	if err := errors.Join(os.RemoveAll(m.path), os.RemoveAll(m.path+".damaged")); err != nil {
		return err
	}
	r.mu.Lock()
	r.dropped++
	r.mu.Unlock()
	if why != whyAge && why != whySize {
		r.note("the ring gave up its oldest member, from %s to %s: %s",
			m.from.UTC().Format(time.RFC3339), m.to.UTC().Format(time.RFC3339), why)
	}
	return nil
}

// makeRoom removes the oldest member where the disk is full, so that the next try may succeed,
// and gives err back. With nothing else left a pinned one goes, too.
func (r *Ring) makeRoom(err error) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return err
	}
	all := r.members(r.opts.now())
	for _, pinned := range [...]bool{false, true} {
		for _, m := range all {
			if m.pinned == pinned && r.remove(m, "the disk is full") == nil {
				return err
			}
		}
	}
	return err
}
