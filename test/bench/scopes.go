// SPDX-License-Identifier: Apache-2.0
//
// The peer of scopes.c in Go: goroutines, a WaitGroup, a context that cancels. One round of a
// workload; prints nanoseconds for each task (or race).
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const tasks = 1000

// A thousand that each let the others run once, and are waited for.
func scope(rounds int) {
	since := time.Now()
	for i := 0; i < rounds; i++ {
		var all sync.WaitGroup
		all.Add(tasks)
		for j := 0; j < tasks; j++ {
			go func() {
				runtime.Gosched()
				all.Done()
			}()
		}
		all.Wait()
	}
	fmt.Println(float64(time.Since(since).Nanoseconds()) / float64(rounds) / tasks)
}

// Sleeps for long, unless it is told to end.
func sleeper(ctx context.Context) {
	timer := time.NewTimer(1000 * time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func race(n int) {
	since := time.Now()
	for i := 0; i < n; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		won := make(chan int, 2)
		var all sync.WaitGroup
		all.Add(2)
		go func() {
			runtime.Gosched()
			won <- 0
			all.Done()
		}()
		go func() {
			sleeper(ctx)
			won <- 1
			all.Done()
		}()
		<-won
		cancel()
		all.Wait()
	}
	fmt.Println(float64(time.Since(since).Nanoseconds()) / float64(n))
}

func cancelAll(n int) {
	ctx, cancel := context.WithCancel(context.Background())
	var all, asleep sync.WaitGroup
	all.Add(n)
	asleep.Add(n)
	since := time.Now()
	for i := 0; i < n; i++ {
		go func() {
			asleep.Done()
			sleeper(ctx)
			all.Done()
		}()
	}
	asleep.Wait()
	begun := time.Since(since)
	since = time.Now()
	cancel()
	all.Wait()
	fmt.Println(float64(time.Since(since).Nanoseconds()) / float64(n))
	fmt.Println(float64(begun.Nanoseconds()) / float64(n))
}

func main() {
	n, _ := strconv.Atoi(os.Args[2])
	switch os.Args[1] {
	case "scope":
		scope(n)
	case "race":
		race(n)
	case "cancel":
		cancelAll(n)
	default:
		os.Exit(2)
	}
}
