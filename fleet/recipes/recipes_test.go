package recipes

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchv1 "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

func text(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// kubernetes gives the jobs of the manifest, read by Kubernetes' own types: a field that they do not
// have, or of another type, is an error.
func kubernetes(t *testing.T) []batchv1.Job {
	t.Helper()
	var out []batchv1.Job
	for _, doc := range bytes.Split(text(t, "kubernetes.yaml"), []byte("\n---\n")) {
		var job batchv1.Job
		if err := yaml.UnmarshalStrict(doc, &job); err != nil {
			t.Fatal(err)
		}
		if job.APIVersion != "batch/v1" || job.Kind != "Job" || job.Name == "" || len(job.Spec.Template.Spec.Containers) != 1 {
			t.Fatalf("%+v", job)
		}
		out = append(out, job)
	}
	return out
}

func TestKubernetes(t *testing.T) {
	jobs := kubernetes(t)
	s := jobs[0].Spec
	if len(jobs) != 2 || *s.CompletionMode != batchv1.IndexedCompletion || *s.Completions != *s.Parallelism || s.BackoffLimitPerIndex == nil {
		t.Errorf("%+v", s)
	}
	for _, j := range jobs {
		pod := j.Spec.Template.Spec
		have := map[string]bool{}
		for _, v := range pod.Volumes {
			have[v.Name] = true
		}
		for _, m := range pod.Containers[0].VolumeMounts {
			if !have[m.Name] {
				t.Errorf("%s mounts %s, which is no volume", j.Name, m.Name)
			}
		}
	}
}

// strict reads JSON into a type of the AWS SDK, whose names are those of the API but for case.
func strict(t *testing.T, path string, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text(t, path)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestAWSBatch(t *testing.T) {
	var def batch.RegisterJobDefinitionInput
	strict(t, "aws-batch-job-definition.json", &def)
	var job batch.SubmitJobInput
	strict(t, "aws-batch-job.json", &job)
	if *job.JobDefinition != *def.JobDefinitionName || def.ContainerProperties == nil || *job.ArrayProperties.Size < 2 {
		t.Errorf("%+v %+v", def, job)
	}
	for k := range job.Parameters {
		if _, ok := def.Parameters[k]; !ok {
			t.Errorf("the definition has no parameter %s", k)
		}
	}
}

// TestRun: what stands in the manifests runs, index by index, and the merged rows are those of one
// process.
func TestRun(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "connbox"), "./cmd/connbox")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	nights := t.TempDir()
	names, err := filepath.Glob(filepath.Join("..", "..", "fixtures", "incidents", "*.dump.zst"))
	if err != nil || len(names) < 10 {
		t.Fatal(len(names), err)
	}
	for _, n := range names[:9] {
		if err := os.WriteFile(filepath.Join(nights, filepath.Base(n)), text(t, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(env []string, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
	}
	rows := func(dir, pattern string) string {
		parts, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(parts) != 8 {
			t.Fatalf("%d files of rows, %v", len(parts), err)
		}
		run(nil, "connbox", append([]string{"fleet", "merge", "-q", "-o", "rows:" + filepath.Join(dir, "merged"), "-o", "none"}, parts...)...)
		return string(text(t, filepath.Join(dir, "merged")))
	}
	one := t.TempDir()
	run(nil, "connbox", "fleet", "-q", "-o", "rows:"+filepath.Join(one, "rows"), "-o", "none", nights)
	want := string(text(t, filepath.Join(one, "rows")))
	if strings.Count(want, "\n") != 9 {
		t.Fatal(want)
	}

	slurm := t.TempDir()
	for i := range 8 {
		run([]string{"NIGHTS=" + nights, "ROWS=" + slurm, "SLURM_ARRAY_TASK_COUNT=8", "SLURM_ARRAY_TASK_ID=" + string(rune('1'+i))}, "./slurm.sh")
	}
	if rows(slurm, "?.rows") != want {
		t.Error("Slurm's rows differ from those of one process")
	}

	aws := t.TempDir()
	var def batch.RegisterJobDefinitionInput
	strict(t, "aws-batch-job-definition.json", &def)
	for i := range 8 {
		var args []string
		for _, a := range def.ContainerProperties.Command[1:] {
			args = append(args, strings.NewReplacer("Ref::shards", "8", "Ref::nights", nights, "Ref::rows", aws).Replace(a))
		}
		run([]string{"AWS_BATCH_JOB_ARRAY_INDEX=" + string(rune('0'+i))}, def.ContainerProperties.Command[0], args...)
	}
	if rows(aws, "?.rows") != want {
		t.Error("AWS Batch's rows differ from those of one process")
	}

	k8s := t.TempDir()
	c := kubernetes(t)[0].Spec.Template.Spec.Containers[0]
	for i := range 8 {
		script := strings.NewReplacer("/rows/", k8s+"/", " /nights", " "+nights).Replace(c.Args[0])
		run([]string{"JOB_COMPLETION_INDEX=" + string(rune('0'+i))}, c.Command[0], c.Command[1], script)
	}
	if rows(k8s, "?.rows") != want {
		t.Error("Kubernetes' rows differ from those of one process")
	}
}
