// Package recipes holds manifests by which engines that people already run take connbox fleet in
// shards: a Kubernetes Indexed Job, an AWS Batch array job, a Slurm array job. Its tests hold them
// against the engines' own types, and run what stands in them.
package recipes
