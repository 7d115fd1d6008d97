// weak naive versions, until the real ones are there
#include "CApusKernels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#define W __attribute__((weak))
W void apus_pool_set_threads(int t) { (void)t; }
W int apus_pool_threads(void) { return 1; }
W void apus_parallel(long n, apus_task f, void *c) { for (long i = 0; i < n; i++) f(c, i); }
W apus_isa apus_isa_current(void) { return 0; }
W const char *apus_isa_name(apus_isa i) { (void)i; return "baseline"; }
W bool apus_isa_force(apus_isa i) { return i == 0; }
W double apus_isa_measure_peak(void) { return 1e11; }
W size_t apus_matmul_f32_scratch(const apus_matmul_shape *s) { (void)s; return 0; }
static float act(float v, apus_activation a) { return a == 1 ? (v > 0 ? v : (v != v ? v : 0)) : a == 2 ? tanhf(v) : v; }
W void apus_matmul_f32(const apus_matmul_shape *s, const float *a, const float *b, float *c, const apus_epilogue *e, void *x) { (void)x;
  for (long n = 0; n < s->batch; n++) for (long i = 0; i < s->rows; i++) for (long j = 0; j < s->columns; j++) {
    double v = 0; for (long p = 0; p < s->inner; p++) v += (double)a[n*s->a_batch+i*s->a_row+p*s->a_column]*b[n*s->b_batch+p*s->b_row+j*s->b_column];
    float r = v; if (e && e->bias) r += e->bias[j]; c[(n*s->rows+i)*s->columns+j] = act(r, e ? e->activation : 0); } }
#define MM(T) { const T *A=a,*B=b; T *C=c; for (long n = 0; n < s->batch; n++) for (long i = 0; i < s->rows; i++) for (long j = 0; j < s->columns; j++) { T v=0; for (long p = 0; p < s->inner; p++) v += A[n*s->a_batch+i*s->a_row+p*s->a_column]*B[n*s->b_batch+p*s->b_row+j*s->b_column]; C[(n*s->rows+i)*s->columns+j]=v; } }
W void apus_matmul_any(apus_dtype d, const apus_matmul_shape *s, const void *a, const void *b, void *c) { switch (d) { case APUS_F32: MM(float) break; case APUS_F64: MM(double) break; case APUS_I32: case APUS_U32: MM(uint32_t) break; case APUS_I64: MM(uint64_t) break; default: MM(uint8_t) } }
W size_t apus_convolution_f32_scratch(const apus_convolution_shape *s) { (void)s; return 0; }
W size_t apus_convolution_weight_gradient_f32_scratch(const apus_convolution_shape *s) { (void)s; return 0; }
static const float *at(const apus_convolution_shape *s, const float *x, long b, long y, long xx) {
  if (y < 0 || xx < 0 || y % s->base_dilation_h || xx % s->base_dilation_w) return 0; y /= s->base_dilation_h; xx /= s->base_dilation_w;
  if (y >= s->in_h || xx >= s->in_w) return 0; return x + ((b*s->in_h+y)*s->in_w+xx)*s->in_channels; }
W void apus_convolution_f32(const apus_convolution_shape *s, const float *x, const float *w, float *y, const apus_epilogue *e, void *sc) { (void)sc;
  for (long b=0;b<s->batch;b++) for (long oy=0;oy<s->out_h;oy++) for (long ox=0;ox<s->out_w;ox++) for (long o=0;o<s->out_channels;o++) { double v=0;
    for (long ky=0;ky<s->kernel_h;ky++) for (long kx=0;kx<s->kernel_w;kx++) { const float *p=at(s,x,b,oy*s->stride_h+ky*s->dilation_h-s->pad_top,ox*s->stride_w+kx*s->dilation_w-s->pad_left); if(!p) continue;
      long wy=s->flip?s->kernel_h-1-ky:ky, wx=s->flip?s->kernel_w-1-kx:kx; for(long i=0;i<s->in_channels;i++) v+=(double)p[i]*w[wy*s->w_row+wx*s->w_column+i*s->w_input+o*s->w_output]; }
    float r=v; if(e&&e->bias) r+=e->bias[o]; y[((b*s->out_h+oy)*s->out_w+ox)*s->out_channels+o]=act(r,e?e->activation:0); } }
W void apus_convolution_weight_gradient_f32(const apus_convolution_shape *s, const float *x, const float *dy, float *dw, void *sc) { (void)sc;
  for (long ky=0;ky<s->kernel_h;ky++) for (long kx=0;kx<s->kernel_w;kx++) for(long i=0;i<s->in_channels;i++) for (long o=0;o<s->out_channels;o++) { double v=0;
    for (long b=0;b<s->batch;b++) for (long oy=0;oy<s->out_h;oy++) for (long ox=0;ox<s->out_w;ox++) { const float *p=at(s,x,b,oy*s->stride_h+ky*s->dilation_h-s->pad_top,ox*s->stride_w+kx*s->dilation_w-s->pad_left); if(p) v+=(double)p[i]*dy[((b*s->out_h+oy)*s->out_w+ox)*s->out_channels+o]; }
    dw[ky*s->w_row+kx*s->w_column+i*s->w_input+o*s->w_output]=v; } }
#define CV(T) { const T *X=x,*K=w; T *Y=y; int R=s->spatial_rank; long os[3]={1,1,1},ks[3]={1,1,1}; for(int r=0;r<R;r++){os[r]=s->out_size[r];ks[r]=s->kernel_size[r];} \
 long ob=s->batch/s->batch_groups, ipg=s->in_features/s->feature_groups; \
 for(long b=0;b<ob;b++) for(long o=0;o<s->out_features;o++) for(long a0=0;a0<os[0];a0++) for(long a1=0;a1<os[1];a1++) for(long a2=0;a2<os[2];a2++){ long oi[3]={a0,a1,a2}; double v=0; \
 long xb=b+o/(s->out_features/s->batch_groups)*ob, f0=o/(s->out_features/s->feature_groups)*ipg; \
 for(long k0=0;k0<ks[0];k0++) for(long k1=0;k1<ks[1];k1++) for(long k2=0;k2<ks[2];k2++){ long ki[3]={k0,k1,k2}; long xo=xb*s->x_stride[0], wo=o*s->w_stride[0]; int ok=1; \
  for(int r=0;r<R;r++){ long p=oi[r]*s->stride[r]+ki[r]*s->kernel_dilation[r]-s->pad_low[r]; if(p<0||p%s->base_dilation[r]||p/s->base_dilation[r]>=s->in_size[r]){ok=0;break;} xo+=p/s->base_dilation[r]*s->x_stride[2+r]; wo+=(s->flip[r]?s->kernel_size[r]-1-ki[r]:ki[r])*s->w_stride[2+r]; } \
  if(ok) for(long i=0;i<ipg;i++) v+=(double)X[xo+(f0+i)*s->x_stride[1]]*K[wo+i*s->w_stride[1]]; } \
 long yo=b*s->y_stride[0]+o*s->y_stride[1]; for(int r=0;r<R;r++) yo+=oi[r]*s->y_stride[2+r]; Y[yo]=v; } }
W void apus_convolution_any(apus_dtype d, const apus_convolution_any_shape *s, const void *x, const void *w, void *y) { if (d==APUS_F32) CV(float) else CV(double) }
W void apus_copy_strided(int es, int r, const long *sh, const void *s, const long *ss, void *d, const long *ds) {
  long idx[8] = {0}, n = 1; for (int i = 0; i < r; i++) n *= sh[i];
  for (long k = 0; k < n; k++) { long so = 0, dof = 0; for (int i = 0; i < r; i++) { so += idx[i]*ss[i]; dof += idx[i]*ds[i]; }
    memcpy((char *)d + dof*es, (const char *)s + so*es, es); for (int i = r-1; i >= 0; i--) { if (++idx[i] < sh[i]) break; idx[i] = 0; } } }
W void apus_fill(int es, long n, const void *v, void *d) { for (long i = 0; i < n; i++) memcpy((char *)d + i*es, v, es); }
W void apus_iota(apus_dtype t, long o, long l, long in, void *y) { for (long a = 0; a < o; a++) for (long k = 0; k < l; k++) for (long i = 0; i < in; i++) { long p = (a*l+k)*in+i;
  switch (t) { case APUS_F32: ((float*)y)[p]=k; break; case APUS_F64: ((double*)y)[p]=k; break; case APUS_I64: ((int64_t*)y)[p]=k; break; case APUS_U8: ((uint8_t*)y)[p]=k; break; default: ((int32_t*)y)[p]=k; } } }
static long seen(const apus_window_shape *s, const long *o, const long *w) { long p = 0; for (int i = 0; i < s->rank; i++) { long q = o[i]*s->stride[i]+w[i]*s->window_dilation[i]-s->pad_low[i]; if (q < 0 || q % s->base_dilation[i] || q / s->base_dilation[i] >= s->in[i]) return -1; p = p*s->in[i] + q/s->base_dilation[i]; } return p; }
static int step(int r, const long *sh, long *i) { for (int k = r-1; k >= 0; k--) { if (++i[k] < sh[k]) return 1; i[k] = 0; } return 0; }
#define WN(T) { const T*X=x; T*Y=y; long o[8]={0}, n=0; do { long w[8]={0}; T v = red==APUS_REDUCE_SUM?0:red==APUS_REDUCE_PRODUCT?1:(T)(red==APUS_REDUCE_MAX?-INFINITY:INFINITY); do { long p=seen(s,o,w); if(p>=0){ T q=X[p]; v = red==APUS_REDUCE_SUM?v+q:red==APUS_REDUCE_PRODUCT?v*q:red==APUS_REDUCE_MAX?(q>v||q!=q?q:v):(q<v||q!=q?q:v);} } while(step(s->rank,s->window,w)); Y[n++]=v; } while(step(s->rank,s->out,o)); }
W void apus_reduce_window(apus_reduction red, apus_dtype t, const apus_window_shape *s, const void *x, void *y) { switch (t) { case APUS_F32: WN(float) break; case APUS_F64: WN(double) break; default: WN(int32_t) } }
#define SS(T) { const T*X=x,*S=src; T*D=dx; long n=1,o[8]={0},k=0; for(int i=0;i<s->rank;i++) n*=s->in[i]; for(long i=0;i<n;i++) D[i]=0; do { long w[8]={0},b=-1; do { long p=seen(s,o,w); if(p>=0&&(b<0||(X[b]==X[b]&&(X[p]!=X[p]||(mx?X[p]>X[b]:X[p]<X[b]))))) b=p; } while(step(s->rank,s->window,w)); if(b>=0) D[b]+=S[k]; k++; } while(step(s->rank,s->out,o)); }
W void apus_select_and_scatter(bool mx, apus_dtype t, const apus_window_shape *s, const void *x, const void *src, void *dx) { if (t == APUS_F64) SS(double) else SS(float) }
W void apus_cross_entropy_f32(long r, long c, const float *l, const int32_t *t, float *o) { for (long i = 0; i < r; i++) { double m=-INFINITY,s=0; for(long k=0;k<c;k++) if(l[i*c+k]>m) m=l[i*c+k]; for(long k=0;k<c;k++) s+=exp(l[i*c+k]-m); o[i]= t[i]<0||t[i]>=c ? 0 : log(s)+m-l[i*c+t[i]]; } }
W void apus_cross_entropy_gradient_f32(long r, long c, const float *l, const int32_t *t, const float *g, float *o) { for (long i = 0; i < r; i++) { double m=-INFINITY,s=0; for(long k=0;k<c;k++) if(l[i*c+k]>m) m=l[i*c+k]; for(long k=0;k<c;k++) s+=exp(l[i*c+k]-m); for(long k=0;k<c;k++) o[i*c+k]= t[i]<0||t[i]>=c ? 0 : g[i]*(exp(l[i*c+k]-m)/s-(k==t[i])); } }
W void apus_philox(const uint32_t key[2], uint32_t stream, long n, uint32_t *y) { for (long i = 0; i < (n+3)/4; i++) { uint32_t c[4]={(uint32_t)i,(uint32_t)(i>>32),stream,0},k0=key[0],k1=key[1]; for(int r=0;r<10;r++){ uint64_t a=0xD2511F53ull*c[0],b=0xCD9E8D57ull*c[2]; uint32_t d[4]={(uint32_t)(b>>32)^c[1]^k0,(uint32_t)b,(uint32_t)(a>>32)^c[3]^k1,(uint32_t)a}; memcpy(c,d,16); k0+=0x9E3779B9; k1+=0xBB67AE85; } for(int j=0;j<4&&i*4+j<n;j++) y[i*4+j]=c[j]; } }
