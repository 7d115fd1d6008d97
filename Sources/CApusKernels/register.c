// Linking the CPU's room is enough to use it: its backend is registered before `main`.

extern void apus_cpu_register(void);

__attribute__((constructor)) static void register_cpu_backend(void) { apus_cpu_register(); }
