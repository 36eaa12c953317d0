	.text
	.inst 0xd503201f
	movz x3, #:abs_g1_s:symbol
	.inst 0xd503201f
