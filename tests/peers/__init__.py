"""The peers of `loadtests/peers`, each as a process on real stores: what they promise holds, or comparing is idle."""
