// Signals wait until an operation of TensorFlow has ended.
//
// Kernels of oneDNN's matrix product (AVX-512) point the stack register at a buffer on the heap. A handler that the
// system runs on the thread meanwhile, for Ctrl-C or a resized terminal, overwrites what lies below that buffer. The
// calls that compute in their caller's thread, or that start TensorFlow's threads, which inherit the mask, therefore
// block signals. A session computes in TensorFlow's threads, so that its caller may handle signals meanwhile.
//
// The compiler replaces the names of these calls in the binding (see compile.mjs).
#undef TFE_Execute
#undef TFE_NewContext
#undef TF_LoadSessionFromSavedModel

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"

#ifdef _WIN32
struct SignalsBlocked {};
#else
#include <signal.h>

#include <initializer_list>

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t blocked;
    sigfillset(&blocked);
    // Those of a fault must reach the thread that caused it.
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&blocked, fault);
    pthread_sigmask(SIG_BLOCK, &blocked, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};
#endif

extern "C" {

void weft_TFE_Execute(TFE_Op* op, TFE_TensorHandle** results, int* count, TF_Status* status) {
  SignalsBlocked blocked;
  TFE_Execute(op, results, count, status);
}

TFE_Context* weft_TFE_NewContext(const TFE_ContextOptions* options, TF_Status* status) {
  SignalsBlocked blocked;
  return TFE_NewContext(options, status);
}

TF_Session* weft_TF_LoadSessionFromSavedModel(const TF_SessionOptions* session_options, const TF_Buffer* run_options,
                                              const char* export_dir, const char* const* tags, int tags_len,
                                              TF_Graph* graph, TF_Buffer* meta_graph_def, TF_Status* status) {
  SignalsBlocked blocked;
  return TF_LoadSessionFromSavedModel(session_options, run_options, export_dir, tags, tags_len, graph, meta_graph_def,
                                      status);
}
}
