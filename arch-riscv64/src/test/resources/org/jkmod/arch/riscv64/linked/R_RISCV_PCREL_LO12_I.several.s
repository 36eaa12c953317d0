	.option norelax
	.text
	.word 0x00000013
	1: auipc a0, %pcrel_hi(symbol); ld a1, %pcrel_lo(1b)(a0); 2: auipc a2, %pcrel_hi(symbol+0x7fc); sd a1, %pcrel_lo(1b)(a0); lw a3, %pcrel_lo(2b)(a2); sw a3, %pcrel_lo(2b)(a2); addi a4, a0, %pcrel_lo(1b)
	.word 0x00000013
