package segment

import (
	"reflect"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// TestSchemaComplete holds the tables against Client by reflection: a field that is added
// to Client must find its place.
func TestSchemaComplete(t *testing.T) {
	var c record.Client
	place := map[any]int{&c.Has: 1, &c.Layout: 1, &c.Age: 1, &c.Idle: 1}
	for _, col := range clientColumns {
		if (col.num == nil) == (col.str == nil) {
			t.Fatalf("column %s", col.name)
		}
		if col.num != nil {
			place[col.num(&c)]++
		} else {
			place[col.str(&c)]++
		}
	}
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		if n := place[v.Field(i).Addr().Interface()]; n != 1 {
			t.Errorf("field %s has %d places", v.Type().Field(i).Name, n)
		}
	}
}

// TestSplitClient: a field that changes is seen on its own side of the tables, fixed or not.
func TestSplitClient(t *testing.T) {
	if clientColumns[columnID].name != "id" || clientColumns[columnAddr].name != "addr" {
		t.Errorf("columns %s and %s", clientColumns[columnID].name, clientColumns[columnAddr].name)
	}
	var w clientColumnStores
	w.addClient(new(record.Client))
	w.addSpell([3]int64{}, new(record.Client))
	for i := range clientColumns {
		col, c := &clientColumns[i], record.Client{}
		if (col.place == inClients) != (i < firstInSpells) {
			t.Errorf("column %s is out of order", col.name)
		}
		if col.num != nil {
			*col.num(&c) = 7
		} else {
			*col.str(&c) = "x"
		}
		if fixed := col.place == inClients; w.sameClient(0, &c) == (fixed && i != columnAddr) || w.sameSpell(0, [3]int64{}, &c) != fixed {
			t.Errorf("column %s is on the wrong side", col.name)
		}
	}
}
