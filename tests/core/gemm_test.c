/* gemm_test.c - the matrix product. Small integers make every product and sum exact, so that the order of the sum does not
   matter and == is the judge; what stands between the rows of the operands is NaN, so that one step beside shows. */
#include "ops_check.h"
#include "test.h"

enum { GAP = 3 }; /* floats between the rows (or columns) of an operand */

static const float guard = 12345.5F;

typedef struct {
    float *memory;
    size_t rows, columns;
    GemmOperand operand;
} Matrix;

static float nan_value(void) {
    float x;
    memset(&x, 0xff, sizeof x);
    return x;
}

/* Stored row by row, or column by column where transposed. Integers in -8 .. 8. */
static Matrix matrix_open(size_t rows, size_t columns, int transposed, uint64_t seed) {
    size_t outer = transposed ? columns : rows, inner = transposed ? rows : columns, stride = inner + GAP;
    Matrix m = {ops_check_floats(outer * stride), rows, columns, {NULL, transposed ? 1 : stride, transposed ? stride : 1}};
    m.operand.data = m.memory;
    for (size_t i = 0; i < outer * stride; i++) m.memory[i] = nan_value();
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            m.memory[i * m.operand.rs + j * m.operand.cs] = (float)rng_below(seed, 1, i * columns + j, 17) - 8;
    return m;
}

static float at(const Matrix *m, size_t i, size_t j) { return m->memory[i * m->operand.rs + j * m->operand.cs]; }

/* A sum in an independent order: k from last to first. */
static float expected(const Matrix *a, const Matrix *b, size_t i, size_t j, float before) {
    float sum = before;
    for (size_t k = a->columns; k-- > 0;) sum += at(a, i, k) * at(b, k, j);
    return sum;
}

/* How many elements are wrong, the guards beside C counted in. `step` checks only every step-th element. */
static size_t wrong_elements(size_t M, size_t N, size_t K, int transposed, int beta, int serial, size_t step) {
    test_note("M %lu N %lu K %lu transposed %d beta %d serial %d", (unsigned long)M, (unsigned long)N, (unsigned long)K, transposed, beta,
              serial);
    Matrix a = matrix_open(M, K, transposed & 1, 1), b = matrix_open(K, N, transposed & 2, 2);
    size_t rs = N + GAP, wrong = 0;
    float *c = ops_check_floats(M * rs);
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    for (size_t i = 0; i < M * rs; i++) c[i] = i % rs >= N ? guard : beta ? (float)(i % 11) : nan_value();
    if (serial)
        gemm_serial(exec.scratch, M, N, K, a.operand, b.operand, beta, c, rs);
    else
        gemm(&exec, M, N, K, a.operand, b.operand, beta, c, rs);
    for (size_t i = 0; i < M * rs; i++) {
        if (i % rs >= N)
            wrong += c[i] != guard;
        else if (i % step == 0)
            wrong += !(c[i] == expected(&a, &b, i / rs, i % rs, beta ? (float)(i % 11) : 0));
    }
    free(a.memory);
    free(b.memory);
    free(c);
    return wrong;
}

TEST(gemm_is_exact_at_every_edge_of_the_tile) {
    for (size_t M = 1; M <= 20; M++)
        for (size_t N = 1; N <= 20; N++)
            for (size_t K = 1; K <= 20; K++) {
                int variant = (int)(M + N + K);
                CHECK_INT(wrong_elements(M, N, K, variant & 3, 0, 0, 1), 0);
                CHECK_INT(wrong_elements(M, N, K, (variant >> 1) & 3, 1, variant & 1, 1), 0);
            }
}

TEST(gemm_takes_transposes_of_both_operands) {
    static const size_t sizes[][3] = {{1, 1, 1}, {6, 8, 4}, {7, 9, 5}, {13, 17, 19}, {1, 30, 3}, {30, 1, 3}, {5, 40, 300}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int variant = 0; variant < 16; variant++)
            CHECK_INT(wrong_elements(sizes[i][0], sizes[i][1], sizes[i][2], variant & 3, (variant & 4) != 0, (variant & 8) != 0, 1), 0);
}

TEST(gemm_is_exact_around_its_blocks) {
    static const size_t Ms[] = {GEMM_MC - 1, GEMM_MC, GEMM_MC + 1}, Ns[] = {GEMM_NC - 1, GEMM_NC, GEMM_NC + 1},
                        Ks[] = {GEMM_KC - 1, GEMM_KC, GEMM_KC + 1, 2 * GEMM_KC + 3};
    int variant = 0;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            CHECK_INT(wrong_elements(Ms[i], 11, Ks[k], variant & 3, (variant >> 2) & 1, variant % 3 == 0, 1), 0);
            CHECK_INT(wrong_elements(5, Ns[i], Ks[k], variant & 3, (variant >> 1) & 1, variant % 3 == 1, 1), 0);
            CHECK_INT(wrong_elements(Ms[i], Ns[i], Ks[k], (variant + 1) & 3, (variant >> 1) & 1, variant % 3 == 2, 61), 0);
            variant++;
        }
}

/* Up to 255 columns, whole panels of them, a row-major A is read where it stands. */
TEST(gemm_is_exact_where_a_is_read_as_it_stands) {
    static const size_t Ns[] = {248, 255, 256, 264};
    for (size_t i = 0; i < 4; i++)
        for (size_t M = 2; M <= 13; M++) {
            CHECK_INT(wrong_elements(M, Ns[i], GEMM_KC + 5, 0, M & 1, 1, 7), 0);
            CHECK_INT(wrong_elements(M, Ns[i], 3, 2, M & 1, 0, 7), 0);
        }
}

/* Elements of X X^T (N, N) that are wrong, X (N, K) stored by rows or by columns. */
static size_t wrong_symmetric(size_t N, size_t K, int transposed) {
    test_note("N %lu K %lu transposed %d", (unsigned long)N, (unsigned long)K, transposed);
    Matrix x = matrix_open(N, K, transposed, 1);
    Matrix turned = {x.memory, K, N, {x.operand.data, x.operand.cs, x.operand.rs}};
    size_t wrong = 0, step = N > 40 ? 61 : 1;
    float *c = ops_check_floats(N * N);
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    for (size_t i = 0; i < N * N; i++) c[i] = nan_value();
    gemm_symmetric(exec.scratch, N, K, x.operand, turned.operand, c);
    for (size_t i = 0; i < N * N; i++)
        wrong += i % step == 0 ? !(c[i] == expected(&x, &turned, i / N, i % N, 0)) : !(c[i] == c[i % N * N + i / N]);
    free(x.memory);
    free(c);
    return wrong;
}

TEST(a_symmetric_product_is_exact_at_every_edge_and_around_the_blocks) {
    static const size_t Ns[] = {GEMM_MC - 1, GEMM_MC, GEMM_MC + 1, GEMM_NC - 1, GEMM_NC, GEMM_NC + 1};
    for (size_t N = 1; N <= 40; N++)
        for (size_t K = 1; K <= 9; K++) CHECK_INT(wrong_symmetric(N, K, (int)(N + K) & 1), 0);
    for (size_t i = 0; i < sizeof Ns / sizeof Ns[0]; i++) CHECK_INT(wrong_symmetric(Ns[i], i & 1 ? GEMM_KC + 3 : 5, i % 3 == 0), 0);
}

/* Products of fractions: two matrices that commute but for rounding, of which either triangle would do. */
TEST(a_symmetric_product_is_symmetric_to_the_bit) {
    enum { N = 27, K = 31 };
    static float x[N * K], gram[N * N], cube[N * N], c[N * N];
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    ops_check_fill(x, N * K, 1, 1);
    gemm_symmetric(exec.scratch, N, K, (GemmOperand){x, K, 1}, (GemmOperand){x, 1, K}, gram);
    gemm_symmetric(exec.scratch, N, N, (GemmOperand){gram, N, 1}, (GemmOperand){gram, N, 1}, c);
    gemm_symmetric(exec.scratch, N, N, (GemmOperand){c, N, 1}, (GemmOperand){gram, N, 1}, cube);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) CHECK(cube[i * N + j] == cube[j * N + i]);
}

/* A row of the product alone, from operands with other strides: the way decoding computes it. */
static void check_row_bits(size_t M, size_t N, size_t K) {
    float *a = ops_check_floats(M * K), *b = ops_check_floats(K * N), *flipped = ops_check_floats(K * N);
    float *all = ops_check_floats(M * N), *row = ops_check_floats(N);
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    ops_check_fill(a, M * K, 1, 1);
    ops_check_fill(b, K * N, 1, 2);
    for (size_t i = 0; i < K * N; i++) flipped[i % N * K + i / N] = b[i];
    GemmOperand A = {a, K, 1}, B = {b, N, 1}, Bt = {flipped, 1, K};
    gemm(&exec, M, N, K, A, B, 0, all, N);
    for (size_t i = 0; i < M; i++) {
        GemmOperand one = {a + i * K, K, 1};
        gemm(&exec, 1, N, K, one, Bt, 0, row, N);
        CHECK(memcmp(row, all + i * N, N * sizeof *row) == 0);
        memset(row, 0xff, N * sizeof *row);
        gemm_vector(N, K, one, B, 0, row);
        CHECK(memcmp(row, all + i * N, N * sizeof *row) == 0);
        memset(row, 0xff, N * sizeof *row);
        gemm_vector(N, K, one, Bt, 0, row);
        CHECK(memcmp(row, all + i * N, N * sizeof *row) == 0);
    }
    free(a);
    free(b);
    free(flipped);
    free(all);
    free(row);
}

TEST(the_bits_of_a_row_depend_neither_on_the_other_rows_nor_on_the_strides) {
    check_row_bits(7, 13, 5);
    check_row_bits(13, 37, 300);
    check_row_bits(3, 520, 70);
    check_row_bits(2, 9, 2 * GEMM_KC + 1);
}

TEST(a_row_of_zeros_at_the_end_of_k_changes_no_bit) {
    enum { M = 7, N = 9, K = 31 };
    static float a[M * (K + 5)], b[(K + 5) * N], tall[M * N], flat[M * N];
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    ops_check_fill(a, M * (K + 5), 1, 1);
    ops_check_fill(b, K * N, 1, 2);
    GemmOperand A = {a, K + 5, 1}, B = {b, N, 1};
    gemm(&exec, M, N, K, A, B, 0, flat, N);
    gemm(&exec, M, N, K + 5, A, B, 0, tall, N);
    CHECK(memcmp(flat, tall, sizeof flat) == 0);
}

TEST(gemm_of_fractions_stays_close_to_the_sum_in_double) {
    enum { M = 9, N = 11, K = 700 };
    static float a[M * K], b[K * N], c[M * N];
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    ops_check_fill(a, M * K, 1, 1);
    ops_check_fill(b, K * N, 1, 2);
    GemmOperand A = {a, K, 1}, B = {b, N, 1};
    gemm(&exec, M, N, K, A, B, 0, c, N);
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            double sum = 0;
            for (size_t k = 0; k < K; k++) sum += (double)a[i * K + k] * (double)b[k * N + j];
            CHECK_NEAR((double)c[i * N + j], sum, 2e-5, 1e-5);
        }
}

TEST(the_check_of_gemm_sees_a_wrong_element) {
    Matrix a = matrix_open(3, 4, 0, 1), b = matrix_open(4, 5, 0, 2);
    float right = expected(&a, &b, 1, 2, 0);
    b.memory[2 * b.operand.rs + 2] += 1;
    CHECK(expected(&a, &b, 1, 2, 0) != right);
    free(a.memory);
    free(b.memory);
}
