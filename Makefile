.PHONY: help test
help:
	@echo "make test    check everything"
test:
	@.ci/test
