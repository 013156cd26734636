"""cocotb benches, one folder per block; ``testplan.yaml`` says what each test proves."""
