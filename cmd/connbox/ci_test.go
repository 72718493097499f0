//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// A step is a run of ci/check in a folder of its own.
type step struct {
	t         *testing.T
	root, bin string
}

// run runs the script with an environment and gives its status and what it printed.
func (s *step) run(env ...string) (code int, out string) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.root, "ci", "check"))
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "CONNBOX=" + s.bin}, env...)
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), string(b)
	} else if err != nil {
		s.t.Fatal(err)
	}
	return 0, string(b)
}

// TestEntryScript: what the action and the template run gives the status of connbox check, writes all
// reports, and takes patterns and names with spaces, quotes and commands in them as names.
func TestEntryScript(t *testing.T) {
	bin := program(t)
	here := workDir(t)
	s := &step{t, filepath.Join(here, "..", ".."), bin}
	incident(t, here, "undetermined-three-samples")
	os.MkdirAll("a b/deep", 0o755)
	evil := "a b/deep/$(touch pwned) '\";.expect.yaml"
	write(t, evil, "expect: 1\ninput: ../../undetermined-three-samples.dump.zst\nverdict: undetermined\n")
	write(t, "wrong.expect.yaml", "expect: 1\ninput: undetermined-three-samples.dump.zst\nverdict: undetermined\ncounts: {max_connections: 1}\n")
	write(t, "unsure.expect.yaml", "expect: 1\ninput: undetermined-three-samples.dump.zst\nverdict: connection-leak\n")
	write(t, "bad.expect.yaml", "expect: 1\n")
	write(t, "gone.expect.yaml", "expect: 1\ninput: gone.connbox\nverdict: healthy\n")
	for _, c := range []struct {
		code int
		env  []string
		says string
	}{
		{0, []string{"CONNBOX_PATHS=a b/"}, "1 passed, 0 failed"},
		{0, []string{"CONNBOX_PATHS=a b/**/*.expect.yaml\n\n"}, "1 passed, 0 failed"},
		{1, []string{"CONNBOX_PATHS=a b\nwrong.expect.yaml"}, "1 passed, 1 failed"},
		{4, []string{"CONNBOX_PATHS=unsure*"}, "want connection-leak"},
		{2, []string{"CONNBOX_PATHS=bad.expect.yaml"}, "input is missing"},
		{3, []string{"CONNBOX_PATHS=gone.expect.yaml"}, "gone.connbox"},
		{2, []string{"CONNBOX_PATHS=none*.expect.yaml"}, "none*.expect.yaml: cannot be opened"},
		{2, []string{"CONNBOX_PATHS="}, "needs an expectation file"},
		{1, []string{"CONNBOX_PATHS=a b", "CONNBOX_ARGS=--budget=max_connections: 2\n"}, "want at most 2"},
		{3, []string{"CONNBOX_PATHS=-n"}, "-n: cannot be opened"},
	} {
		os.RemoveAll("connbox-reports")
		code, out := s.run(c.env...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%q: status %d, want %d\n%s", c.env, code, c.code, out)
		}
		for _, name := range []string{"junit.xml", "gitlab.json", "sarif.json"} {
			if _, err := os.Stat(filepath.Join("connbox-reports", name)); (err == nil) != (strings.Contains(out, " passed, ")) {
				t.Errorf("%q: %s: %v", c.env, name, err)
			}
		}
	}
	if _, err := os.Stat("pwned"); err == nil {
		t.Error("a name was run as code")
	}
}

// TestEntryScriptOnGitHub: annotations and table in the log, the summary behind what is there, outputs.
func TestEntryScriptOnGitHub(t *testing.T) {
	bin := program(t)
	here := workDir(t)
	s := &step{t, filepath.Join(here, "..", ".."), bin}
	incident(t, here, "undetermined-three-samples")
	write(t, "wrong.expect.yaml", "expect: 1\ninput: undetermined-three-samples.dump.zst\nverdict: undetermined\ncounts: {max_connections: 1}\n")
	write(t, "summary", "before\n")
	code, out := s.run("CONNBOX_PATHS=.", "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY=summary", "GITHUB_OUTPUT=output", "CONNBOX_REPORTS=r")
	const stop = "::stop-commands::"
	closed, annotations, ok := strings.Cut(out, "::"+out[len(stop):len(stop)+32]+"::\n")
	if code != 1 || !ok || !strings.HasPrefix(closed, stop) || !strings.Contains(closed, "\nFAIL  wrong") || strings.Contains(closed, "::error") {
		t.Errorf("status %d, the table is open to commands:\n%s", code, out)
	}
	if !strings.HasPrefix(annotations, "::error file=wrong.expect.yaml,line=4,") || strings.Count(annotations, "\n") != 1 {
		t.Error(annotations)
	}
	summary, _ := os.ReadFile("summary")
	if !strings.HasPrefix(string(summary), "before\n### connbox check: 0 passed, 1 failed") {
		t.Errorf("%s", summary)
	}
	if output, _ := os.ReadFile("output"); string(output) != "status=1\nreports=r\n" {
		t.Errorf("%s", output)
	}
	// An error that ends the run is no command either, and the reports of the run before are gone.
	code, out = s.run("CONNBOX_PATHS=##[add-mask]a", "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY=summary", "GITHUB_OUTPUT=output", "CONNBOX_REPORTS=r")
	if code != 3 || !strings.HasPrefix(out, stop) || !strings.HasSuffix(out, "::"+out[len(stop):len(stop)+32]+"::\n") || !strings.Contains(out, "##[add-mask]a: cannot") {
		t.Errorf("status %d\n%s", code, out)
	}
	if left, _ := filepath.Glob("r/*"); left != nil {
		t.Errorf("reports of another run: %v", left)
	}
}

// TestActionAndTemplate: the files say what the script does.
func TestActionAndTemplate(t *testing.T) {
	root := filepath.Join("..", "..")
	script, err := os.ReadFile(filepath.Join(root, "ci", "check"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Inputs  map[string]struct{ Description, Default string }
		Outputs map[string]struct{ Value string }
		Runs    struct {
			Using string
			Steps []struct {
				ID, Shell, Run string
				Env            map[string]string
			}
		}
	}
	parseYAML(t, filepath.Join(root, "action.yml"), &action)
	if action.Runs.Using != "composite" || len(action.Runs.Steps) != 1 {
		t.Fatalf("%+v", action.Runs)
	}
	one := action.Runs.Steps[0]
	if strings.Contains(one.Run, "${{") || !strings.Contains(one.Run, "/ci/check") {
		t.Errorf("an input within the script is code: %s", one.Run)
	}
	for name := range action.Inputs {
		used := false
		for key, value := range one.Env {
			used = used || value == "${{ inputs."+name+" }}" && strings.Contains(string(script), key)
		}
		if !used {
			t.Errorf("input %s goes nowhere", name)
		}
	}
	for name, o := range action.Outputs {
		if !strings.Contains(string(script), name+"=%s") || !strings.Contains(o.Value, "steps."+one.ID+".outputs."+name) {
			t.Errorf("output %s comes from nowhere", name)
		}
	}
	var jobs map[string]struct {
		Variables map[string]string
		Script    []string
		Artifacts struct {
			When    string
			Reports map[string]string
		}
	}
	parseYAML(t, filepath.Join(root, "ci", "gitlab.yml"), &jobs)
	job := jobs[".connbox-check"]
	if job.Artifacts.When != "always" || len(job.Artifacts.Reports) != 2 || !strings.Contains(strings.Join(job.Script, "\n"), "/ci/check") {
		t.Errorf("%+v", job)
	}
	for _, path := range job.Artifacts.Reports {
		if !strings.Contains(string(script), `$reports/`+strings.TrimPrefix(path, job.Variables["CONNBOX_REPORTS"]+"/")) {
			t.Errorf("%s is not written", path)
		}
	}
	for key := range job.Variables {
		if key != "CONNBOX_VERSION" && !strings.Contains(string(script), key) {
			t.Errorf("variable %s goes nowhere", key)
		}
	}
}

func parseYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
