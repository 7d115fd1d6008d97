// OpenBLAS splits sums by its number of threads, and gives other bits with another number: the same seed must give the
// same bits on any number of cores, so that it computes on one. Other libraries have no such function.
extern void openblas_set_num_threads(int) __attribute__((weak));

__attribute__((constructor)) static void use_one_thread(void) {
  if (openblas_set_num_threads) openblas_set_num_threads(1);
}
